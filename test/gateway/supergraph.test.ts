import { errors } from '../../schema/errors.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import type { Answer } from '../conformance/subject.ts';
import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';
import { openOuterRouter } from '../support/outer-router.ts';
import { createStubService } from '../support/stub-service.ts';

/** It knows the titles of our records, and has articles that refer to them. */
const titles = `
  type Query { motto: String secret: String forbidden: String article: Article }
  type Article { headline: String records: [VectorRecord] }
  type VectorRecord @key(fields: "bucket collection key") {
    bucket: String! collection: String! key: ID!
    title: String
  }
`;
const recordOf = (key: string) => ({ bucket: 'vecs', collection: 'docs', key });
const resolvers = {
  Query: {
    motto: () => 'to the point',
    secret() {
      throw new Error('password is hunter2');
    },
    forbidden() {
      throw Object.assign(new Error('not for you'), { extensions: { code: 'NOT_YOURS' } });
    },
    article: () => ({ headline: 'News', records: [recordOf('one'), recordOf('lost')] }),
  },
  VectorRecord: {
    __resolveReference: (record: { key: string }) => record,
    title({ key }: { key: string }) {
      if (key === 'cursed') throw new Error('no title for it');
      return `Record ${key}`;
    },
  },
};

const store: Partial<VectorStore> = {
  search: async (query, call) => {
    const answer = await createStubService().store.search(query, call);
    const matches = ['one', 'cursed', 'two'].map((key) => ({ key, distance: 0.5 }));
    return { ...answer, matches };
  },
  fetch: async ({ keys }) =>
    keys.map((key) =>
      key === 'lost' ? errors.podUnavailable('b', 'is down') : { key, metadata: { n: 1 } },
    ),
};

let team: OtherTeam;
let gateway: LiveGateway;

beforeAll(async () => {
  team = await startOtherTeam(titles, resolvers);
  gateway = await startLiveGateway({
    subgraphs: [{ name: 'titles', url: team.url }],
    store,
    subgraphPollMs: 60_000,
  });
});
afterAll(async () => {
  await gateway.close();
  await team.down();
});

afterEach(async () => {
  team.answer();
  await team.up();
});

/** The code at each place; which comes first is chance. */
const failuresOf = ({ errors: shown = [] }: Answer): Record<string, unknown> =>
  Object.fromEntries(shown.map(({ path, extensions }) => [path?.join('.'), extensions?.['code']]));

const search =
  'searchVectors(collection: "docs", near: {vector: [1, 0]}) { matches { record { key title } } }';
const internal = 'INTERNAL_SERVER_ERROR';
const found = (...titlesFound: (string | null)[]) => ({
  matches: ['one', 'cursed', 'two'].map((key, i) => ({ record: { key, title: titlesFound[i] } })),
});

test("other teams' fields stand on our records; one that fails costs its own match alone", async () => {
  expect(await gateway.ask(`{ motto ${search} }`)).toMatchObject({
    data: { motto: 'to the point', searchVectors: found('Record one', null, 'Record two') },
    errors: [
      { path: ['searchVectors', 'matches', 1, 'record', 'title'], extensions: { code: internal } },
    ],
  });
});

test('they get the authorization, the id and the time of the request', async () => {
  const headers = { authorization: 'Bearer t', 'x-request-id': 'req-9', 'x-timeout-ms': '5000' };

  await gateway.ask('{ motto }', { headers });

  expect(team.headers).toMatchObject({ authorization: 'Bearer t', 'x-request-id': 'req-9' });
  expect(Number(team.headers['x-timeout-ms'])).toBeLessThanOrEqual(5_000);
});

test('their errors with a code are shown, the others masked, both at their place', async () => {
  const headers = { 'x-request-id': 'req-3' };

  expect(await gateway.ask('{ motto secret forbidden }', { headers })).toEqual({
    data: { motto: 'to the point', secret: null, forbidden: null },
    errors: [
      {
        message: 'Subgraph "titles" failed; request req-3.',
        path: ['secret'],
        extensions: { code: internal, requestId: 'req-3' },
      },
      { message: 'not for you', path: ['forbidden'], extensions: { code: 'NOT_YOURS' } },
    ],
  });
});

test.each([
  ['down', internal, () => team.down()],
  ['slow', 'DEADLINE_EXCEEDED', async () => team.keepSilent()],
])('one that is %s costs only its own fields, at each of our matches', async (_, code, fail) => {
  await fail();

  const headers = { 'x-timeout-ms': '1500' };
  const answer = await gateway.ask(`{ motto found: ${search} }`, { headers });

  expect(answer.data).toEqual({ motto: null, found: found(null, null, null) });
  expect(failuresOf(answer)).toEqual({
    motto: code,
    'found.matches.0.record': code,
    'found.matches.1.record': code,
    'found.matches.2.record': code,
  });
});

test.each([
  ['no GraphQL', '<html>'],
  ['no data', '{"data":null}'],
  ['data that is no object', '{"data":"x"}'],
  ['entities that are no list', '{"data":{"_entities":"x"}}'],
  ['fewer entities than were asked for', '{"data":{"_entities":[{"title":"x"}]}}'],
  ['errors that are none', '{"data":null,"errors":[null]}'],
])('one that answers with %s costs only its own fields', async (_, body) => {
  team.sayInstead(body);

  const answer = await gateway.ask(`{ found: ${search} }`);

  expect(answer.data).toEqual({ found: found(null, null, null) });
  expect(failuresOf(answer)).toEqual({
    'found.matches.0.record': internal,
    'found.matches.1.record': internal,
    'found.matches.2.record': internal,
  });
});

test.each([
  ['our gateway', async () => ({ ask: gateway.ask, close: async () => {} })],
  [
    'a router of theirs',
    () =>
      openOuterRouter([
        { name: 'vectors', url: `${gateway.url}/subgraph` },
        { name: 'titles', url: team.url },
      ]),
  ],
])('in %s a record that a pod cannot give costs our fields alone', async (_, open) => {
  const query = '{ article { headline records { key title metadata } } }';
  const router = await open();
  const answer = await router.ask(query);
  await router.close();

  expect(answer).toMatchObject({
    data: {
      article: {
        headline: 'News',
        records: [
          { key: 'one', title: 'Record one', metadata: { n: 1 } },
          { key: 'lost', title: 'Record lost', metadata: null },
        ],
      },
    },
    errors: [{ path: ['article', 'records', 1], extensions: { code: 'POD_UNAVAILABLE' } }],
  });
});

test('subgraphs that do not compose at the start are refused with the reasons', async () => {
  const subgraphs = ['titles', 'again'].map((name) => ({ name, url: team.url }));

  await expect(startLiveGateway({ subgraphs })).rejects.toThrow(
    /^The subgraphs must compose into one supergraph:\n.*motto/s,
  );
});
