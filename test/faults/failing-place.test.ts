import { startGateway } from '../../gateway/server.ts';
import { defaultLimits } from '../../schema/limits.ts';
import type { Running } from '../../subgraphs/http.ts';
import { openFaultyPods } from '../support/faulty-pods.ts';
import { during, line, silent, specIn } from '../support/store-calls.ts';
import { noEmbedders } from '../support/stub-service.ts';
import type { FaultyPods } from '../support/faulty-pods.ts';

/** `near` is on pod-a alone, `away` on pod-c alone, and `wide` on all three. */
const placements = { near: ['pod-a'], away: ['pod-c'], wide: null };
const records = line(30);

let pods: FaultyPods;
let gateway: Running;

beforeAll(async () => {
  pods = await openFaultyPods();
  const store = pods.gateway();
  for (const [name, members] of Object.entries(placements)) {
    const spec = specIn(pods.bucket, name, { pods: members });
    await during((call) => store.createCollection(spec, null, call));
    await during((call) => store.upsert({ ...spec, version: null, records }, call));
  }
  gateway = await startGateway({
    service: {
      store,
      limits: defaultLimits,
      embedders: noEmbedders,
      minCoverage: 0,
      logger: silent,
    },
    subgraphs: [],
    host: '127.0.0.1',
    port: 0,
    example: { query: '{ __typename }', variables: {} },
    logger: silent,
  });
});
afterAll(async () => {
  await gateway.close();
  await pods.close();
});

beforeEach(() => pods.c.break({ kind: 'down' }));
afterEach(() => pods.repair());

interface Answer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly path?: readonly (string | number)[];
    readonly extensions?: { readonly code?: string };
  }[];
}

async function ask(query: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables: { bucket: pods.bucket } }),
  });
  const answer: Answer = JSON.parse(await response.text());
  return answer;
}

const failuresOf = ({ errors = [] }: Answer) =>
  errors.map(({ path, extensions }) => ({ path, code: extensions?.code }));

test('with a pod down a listing loses the counts of its collections only', async () => {
  const answer = await ask(`query ($bucket: String) {
    vectorCollections(bucket: $bucket) { nodes { name count } coverage { answeredCount } }
  }`);

  expect(answer.data).toEqual({
    vectorCollections: {
      nodes: [
        { name: 'near', count: 30 },
        { name: 'wide', count: null },
      ],
      coverage: { answeredCount: 2 },
    },
  });
  expect(failuresOf(answer)).toEqual([
    { path: ['vectorCollections', 'nodes', 1, 'count'], code: 'POD_UNAVAILABLE' },
  ]);
});

test('with a pod that keeps silent a listing loses no other counts either', async () => {
  pods.c.break({ kind: 'frozen' });
  const answer = await ask(
    `query ($bucket: String) { vectorCollections(bucket: $bucket) { nodes { name count } } }`,
    { 'x-timeout-ms': '4000' },
  );

  expect(answer.data).toEqual({
    vectorCollections: {
      nodes: [
        { name: 'near', count: 30 },
        { name: 'wide', count: null },
      ],
    },
  });
  expect(failuresOf(answer)).toEqual([
    { path: ['vectorCollections', 'nodes', 1, 'count'], code: 'DEADLINE_EXCEEDED' },
  ]);
});

test('of the shards of a collection, the one that is down has no count', async () => {
  const answer = await ask(`query ($bucket: String) {
    vectorCollection(bucket: $bucket, name: "wide") { shards { pod slotCount count } }
  }`);

  expect(answer.data).toEqual({
    vectorCollection: {
      shards: [
        { pod: 'pod-a', slotCount: 341, count: expect.any(Number) },
        { pod: 'pod-b', slotCount: 341, count: expect.any(Number) },
        { pod: 'pod-c', slotCount: 342, count: null },
      ],
    },
  });
  expect(failuresOf(answer)).toEqual([
    { path: ['vectorCollection', 'shards', 2, 'count'], code: 'POD_UNAVAILABLE' },
  ]);
});

test('a search by the key of a record on a silent pod ends when its own time does', async () => {
  pods.c.break({ kind: 'frozen' });
  const answer = await ask(`query ($bucket: String) {
    searchVectors(
      bucket: $bucket, collection: "away", near: { key: "1" }, options: { timeoutMs: 200 }
    ) { matches { distance } }
  }`);

  expect(answer.errors).toMatchObject([
    { extensions: { code: 'DEADLINE_EXCEEDED', timeoutMs: 200 } },
  ]);
});

test('of two searches in one request one fails alone', async () => {
  const answer = await ask(`query ($bucket: String) {
    near: searchVectors(bucket: $bucket, collection: "near", near: { vector: [0, 0] }, k: 1) {
      matches { record { key } }
    }
    away: searchVectors(bucket: $bucket, collection: "away", near: { vector: [0, 0] }, k: 1) {
      matches { record { key } }
    }
  }`);

  expect(answer.data).toEqual({ near: { matches: [{ record: { key: '0' } }] }, away: null });
  expect(failuresOf(answer)).toEqual([{ path: ['away'], code: expect.any(String) }]);
});

test('of two mutations in one request one fails alone', async () => {
  const answer = await ask(`mutation ($bucket: String) {
    away: deleteVectors(bucket: $bucket, collection: "away", keys: ["1"]) { deletedCount }
    near: deleteVectors(bucket: $bucket, collection: "near", keys: ["absent"]) { deletedCount }
  }`);

  expect(answer.data).toEqual({ away: null, near: { deletedCount: 0 } });
  expect(failuresOf(answer)).toEqual([{ path: ['away'], code: 'POD_UNAVAILABLE' }]);
});

test('of records on several pods those of the pod that is down are null, each with its error', async () => {
  const answer = await ask(`query ($bucket: String) {
    vectorRecords(bucket: $bucket, collection: "wide", keys: ["0", "1", "2", "3", "4"]) { key }
  }`);

  const lost = failuresOf(answer).map(({ path }) => path?.[1]);
  expect(lost.length).toBeGreaterThan(0);
  expect(answer.data).toEqual({
    vectorRecords: ['0', '1', '2', '3', '4'].map((key, i) => (lost.includes(i) ? null : { key })),
  });
  for (const { code } of failuresOf(answer)) expect(code).toBe('POD_UNAVAILABLE');
});

test('a search that some shards answer says which did not', async () => {
  const answer = await ask(`query ($bucket: String) {
    searchVectors(bucket: $bucket, collection: "wide", near: { vector: [0, 0] }, k: 3) {
      hasMore coverage { fraction shardCount answeredCount failures { pod code } }
    }
  }`);

  expect(answer).toEqual({
    data: {
      searchVectors: {
        hasMore: true,
        coverage: {
          fraction: 2 / 3,
          shardCount: 3,
          answeredCount: 2,
          failures: [{ pod: 'pod-c', code: 'POD_UNAVAILABLE' }],
        },
      },
    },
  });
});

test('a search that asks for more coverage than there is is refused', async () => {
  const answer = await ask(`query ($bucket: String) {
    searchVectors(
      bucket: $bucket, collection: "wide", near: { vector: [0, 0] }, options: { minCoverage: 0.9 }
    ) { hasMore }
  }`);

  expect(answer.data).toEqual({ searchVectors: null });
  expect(failuresOf(answer)).toEqual([{ path: ['searchVectors'], code: 'INSUFFICIENT_COVERAGE' }]);
});
