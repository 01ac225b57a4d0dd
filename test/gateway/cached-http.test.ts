import { openCaches, type Caches } from '../support/caches.ts';
import { until } from '../support/hot-searches.ts';
import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';
import { serviceOver } from '../support/subjects.ts';
import { clients, done, openFilms } from '../support/vector-buckets.ts';

let caches: Caches;
let gateway: LiveGateway;

const sdl = (bucket: string): string => `
type Doc @collection(name: "docs", bucket: "${bucket}", dimension: 256, metric: COSINE) {
  id: ID!
  title: String
}`;

beforeAll(async () => {
  caches = await openCaches({ count: 1 });
  gateway = await startLiveGateway({
    subgraphs: [],
    files: { 'doc.graphql': sdl(caches.bucket) },
    service: serviceOver(caches.gateways[0]!.store),
  });
  const records = [1, 2, 3].map((n) => ({ key: String(n), vector: axis(n), metadata: { n } }));
  const upsert = `mutation ($bucket: String!, $records: [VectorRecordInput!]!) {
    upsertVectors(bucket: $bucket, collection: "docs", records: $records) { upsertedCount }
  }`;
  await gateway.askUntil(upsert, { variables: { bucket: caches.bucket, records } });
});
afterAll(async () => {
  await gateway?.close();
  await caches.close();
});

const axis = (n: number): number[] => Array.from({ length: 256 }, (_, i) => (i === n ? 1 : 0.01));

interface Found {
  readonly cache: { readonly outcome: string; readonly ageMs: number | null };
  readonly matches: readonly { readonly record: { readonly key?: string; readonly id?: string } }[];
}

const cache = 'cache { outcome ageMs }';
const untyped = `matches { record { key metadata } } ${cache}`;
const searchBy = (near: string, variables = ''): string => `
  query ($bucket: String!${variables}) {
    found: searchVectors(collection: "docs", bucket: $bucket, near: ${near}, k: 2) { ${untyped} }
  }`;

interface Answered {
  readonly found: Found;
  readonly vectorRecord: { readonly similar: Found };
}

const searches: readonly (readonly [string, string, (data: Answered) => Found])[] = [
  [
    'searchVectors by a vector',
    searchBy('{ vector: $vector }', ', $vector: Vector'),
    ({ found }) => found,
  ],
  ['searchVectors by a key', searchBy('{ key: "1" }'), ({ found }) => found],
  ['searchVectors by a text', searchBy('{ text: "a page" }'), ({ found }) => found],
  [
    'a typed search',
    `query ($vector: Vector) {
      found: searchDocs(near: { vector: $vector }, k: 2) { matches { record { id title } } ${cache} }
    }`,
    ({ found }) => found,
  ],
  [
    'similar',
    `query ($bucket: String!) {
      vectorRecord(collection: "docs", bucket: $bucket, key: "1") { similar(k: 2) { ${untyped} } }
    }`,
    ({ vectorRecord }) => vectorRecord.similar,
  ],
];

describe.each(['/graphql', '/subgraph'] as const)('by %s', (path) => {
  test.each(searches)('%s says how it was answered', async (_, query, of) => {
    const variables = { bucket: caches.bucket, vector: axis(path === '/graphql' ? 1 : 2) };
    const search = async (): Promise<Found> => {
      const { data, errors } = await gateway.ask(query, { path, variables });
      expect(errors).toBeUndefined();
      return of(data as unknown as Answered);
    };
    const first = await search();
    let last = first;
    await until(async () => {
      last = await search();
      return last.cache.outcome === 'HIT';
    });

    expect(last.matches).toEqual(first.matches);
    expect(first.matches).toHaveLength(2);
    expect(last.cache.ageMs).toBeGreaterThanOrEqual(0);
  });
});

test('who wants no cache is told that none was asked', async () => {
  const query = `query ($bucket: String!, $vector: Vector) {
    searchVectors(
      collection: "docs", bucket: $bucket, near: { vector: $vector }, options: { cache: false }
    ) { ${cache} }
  }`;
  const variables = { bucket: caches.bucket, vector: axis(3) };
  for (let i = 0; i < 3; i++) {
    expect(await gateway.ask(query, { variables })).toEqual({
      data: { searchVectors: { cache: { outcome: 'BYPASS', ageMs: null } } },
    });
  }
});

test('searches in one request, and in many at once, are one', async () => {
  const { outcomes } = caches.gateways[0]!;
  const one = `searchVectors(collection: "docs", bucket: $bucket, near: { vector: $vector }) { ${untyped} }`;
  const query = `query ($bucket: String!, $vector: Vector) { a: ${one} b: ${one} }`;
  const variables = { bucket: caches.bucket, vector: axis(7) };
  const before = outcomes.length;
  const answers = await Promise.all([1, 2, 3].map(() => gateway.ask(query, { variables })));

  for (const { data, errors } of answers) {
    expect(errors).toBeUndefined();
    const { a, b } = data as Record<'a' | 'b', Found>;
    expect(a.matches).toEqual(b.matches);
  }
  expect(outcomes.slice(before)).toHaveLength(6);
  expect(outcomes.slice(before)).toContain('COALESCED');
});

test('a vector bucket is searched through the cache, and shows what was put last', async () => {
  const { outcomes } = caches.gateways[0]!;
  const [, connect] = clients[0]!;
  const { films, close } = await openFilms(connect(gateway.url));
  const query = { queryVector: { float32: [1, 0, 0] }, topK: 1, returnDistance: true };
  const first = await done(films.queryVectors(query));
  await until(async () => {
    expect(await done(films.queryVectors(query))).toEqual(first);
    return outcomes.at(-1) === 'HIT';
  });
  await done(films.deleteVectors({ keys: ['metropolis'] }));

  expect((await done(films.queryVectors(query))).vectors[0]!.key).toBe('stalker');
  await close();
});
