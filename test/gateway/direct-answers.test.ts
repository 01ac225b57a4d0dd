import { errors } from '../../schema/errors.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';

const doc = `type Doc @collection(name: "docs", dimension: 2, metric: L2) {
  id: ID! title: String! year: Int secret: String @inaccessible
}`;
/** Their interface and their union have our type among theirs, and one field of it is theirs now. */
const theirs = `
  type Query { best: Node }
  interface Node { id: ID! }
  type Note implements Node @key(fields: "id") { id: ID! text: String }
  type Doc implements Node @key(fields: "id") { id: ID! year: Int @federation__override(from: "vectors") }
  union Hit = Doc | Note
`;
const store: Partial<VectorStore> = {
  fetch: async ({ keys }) =>
    keys.map((key) => {
      if (key === 'lost') return errors.podUnavailable('b', 'is down');
      return key === 'none' ? null : { key, metadata: key === 'bad' ? {} : { title: `T ${key}` } };
    }),
  scan: async () => ({ records: [], hasMore: false }),
};

let team: OtherTeam;
let gateway: LiveGateway;

beforeAll(async () => {
  const isNote = { __resolveType: () => 'Note' };
  team = await startOtherTeam(theirs, {
    Query: { best: () => ({ id: 'n' }) },
    Node: isNote,
    Hit: isNote,
    Doc: { __resolveReference: ({ id }: { id: string }) => ({ id, year: 1_999 }) },
  });
  gateway = await startLiveGateway({
    subgraphs: [{ name: 'team', url: team.url }],
    files: { 'doc.graphql': doc },
    store,
    subgraphPollMs: 60_000,
  });
});
afterAll(async () => {
  await gateway.close();
  await team.down();
});

async function ask(body: object): Promise<string> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'same' },
    body: JSON.stringify(body),
  });
  // Apollo Gateway gives no locations.
  const shown = JSON.parse(await response.text(), (key, value: unknown) =>
    key === 'locations' ? undefined : value,
  ) as object;
  return JSON.stringify({ status: response.status, ...shown });
}

const search = (rest: string) =>
  `{ searchVectors(collection: "docs", near: {vector: [1, 0]}${rest}) { metric matches { distance record { key } } } }`;
const two = 'query A { doc(id: "a") { id } } query B { doc(id: "b") { title } }';
const skipping =
  'query ($yes: Boolean!) { doc(id: "a") { id @skip(if: $yes) title @include(if: $yes) } }';

/** An operation, something of its answer, and what else is in the request. */
const operations: readonly (readonly [string, string, object?])[] = [
  ['{ doc(id: "a") { id t: title kind: __typename } }', '"kind":"Doc"'],
  ['{ __typename doc(id: "a") { id } }', '"__typename":"Query"'],
  ['{ doc(id: "a") { id } ...more } fragment more on Query { doc(id: "a") { title } }', 'T a'],
  ['query ($id: ID = "c") { doc(id: $id) { title } }', 'T c'],
  [skipping, '{"title":"T a"}', { variables: { yes: true } }],
  [skipping, '{"id":"a"}', { variables: { yes: false } }],
  [two, 'T b', { operationName: 'B' }],
  [two, 'Unknown operation', { operationName: 'C' }],
  [two, 'Must provide operation name'],
  ['{ doc(id: "none") { title } }', '{"doc":null}'],
  ['{ doc(id: "lost") { title } }', 'POD_UNAVAILABLE'],
  ['{ a: doc(id: "a") { title } b: doc(id: "bad") { title } }', 'VALUE_MISMATCH'],
  [search(''), '"distance":0.5'],
  [search(', filter: "["'), 'INVALID_FILTER'],
  [search(', k: 0'), '"argument":"k"'],
  ['query ($id: ID!) { doc(id: $id) { id } }', 'was not provided'],
  [
    'query ($k: Int) { doc(id: "a") { similar(k: $k) { tookMs } } }',
    'Int',
    { variables: { k: 'x' } },
  ],
  ['mutation { deleteDocs(ids: ["a"]) { deletedCount } }', 'INTERNAL_SERVER_ERROR'],
  ['{ doc(id: "a") { id secret } }', 'Cannot query field \\"secret\\"'],
  ['{ doc(id: "a") { id } __type(name: "Doc") { fields { name } } }', '{"name":"similar"}'],
  ['{ doc(id: "a") { title ... on Node { id } } }', '"id":"a"'],
  ['{ doc(id: "a") { ... on Hit { __typename ... on Doc { title } } } }', 'T a'],
  ['{ doc(id: "a") { ...node } } fragment node on Node { __typename id }', '"__typename":"Doc"'],
  ['{ doc(id: "a") { year } }', '"year":1999'],
];

test.each(operations.map(([query, part, more = {}]) => ({ query, part, more })))(
  '$query is answered the same again',
  async ({ query, part, more }) => {
    const first = await ask({ query, ...more });

    expect(first).toContain(part);
    expect(await ask({ query, ...more })).toBe(first);
    expect(await ask({ query, ...more })).toBe(first);
  },
);

test.each([
  ['a filter', { f: { title: { eq: 'a' } } }, { f: { secret: { eq: 'a' } } }],
  ['an order', { o: [{ field: 'title' }] }, { o: [{ field: 'secret' }] }],
])(
  '%s in a variable cannot name what is hidden, also once its text is known',
  async (_, ...both) => {
    const [allowed, hidden] = both;
    const query = `query ($f: DocFilter, $o: [DocOrder!]) {
    docs(filter: $f, orderBy: $o) { nodes { id } } # ${JSON.stringify(allowed)}
  }`;
    const refusal = await ask({ query, variables: hidden });
    expect(refusal).toContain('secret');

    for (let time = 0; time < 2; time++) {
      expect(await ask({ query, variables: allowed })).toContain('"nodes":[]');
    }
    expect(await ask({ query, variables: hidden })).toBe(refusal);
  },
);
