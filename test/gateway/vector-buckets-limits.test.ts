import type { OperationName } from '../../gateway/vector-buckets/schemas.ts';
import { openGatewayServer } from '../support/subjects.ts';
import { clients, done, openFilms, three } from '../support/vector-buckets.ts';

let gateway: Awaited<ReturnType<typeof openGatewayServer>>;
let opened: Awaited<ReturnType<typeof openFilms>>;

beforeAll(async () => {
  gateway = await openGatewayServer();
  opened = await openFilms(clients[0]![1](gateway.url));
});
afterAll(async () => {
  await opened.close();
  await gateway.close();
});

const data = { float32: [1, 1, 1] };
const keysTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `key-${i}`);
const put = (key: string, metadata: object = {}) => ({ vectors: [{ key, data, metadata }] });
const made = (more: object) => ({ ...three, distanceMetric: 'cosine', ...more });

/** Past the clients from npm, which hold some of these limits by themselves. */
async function statusOf(operation: OperationName, body: object): Promise<number> {
  const place = { vectorBucketName: opened.bucket, indexName: 'films' };
  const response = await fetch(`${gateway.url}/vector/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...place, ...body }),
  });
  await response.text();
  return response.status;
}

test.each<[what: string, max: number, OperationName, (count: number) => object]>([
  [
    'vectors of a put',
    500,
    'PutVectors',
    (n) => ({ vectors: keysTo(n).map((key) => ({ key, data })) }),
  ],
  ['bytes of a key', 1_024, 'PutVectors', (n) => put('k'.repeat(n))],
  [
    'keys of metadata',
    50,
    'PutVectors',
    (n) => put('a', Object.fromEntries(keysTo(n).map((key) => [key, 1]))),
  ],
  ['keys of a get', 100, 'GetVectors', (n) => ({ keys: keysTo(n) })],
  ['keys of a deletion', 500, 'DeleteVectors', (n) => ({ keys: keysTo(n) })],
  ['vectors of a list', 1_000, 'ListVectors', (n) => ({ maxResults: n })],
  ['segments', 16, 'ListVectors', (n) => ({ segmentCount: n, segmentIndex: n - 1 })],
  ['neighbours', 100, 'QueryVectors', (n) => ({ queryVector: data, topK: n })],
  ['indexes of a list', 500, 'ListIndexes', (n) => ({ maxResults: n })],
  ['buckets of a list', 500, 'ListVectorBuckets', (n) => ({ maxResults: n })],
  ['dimensions', 4_096, 'CreateIndex', (n) => made({ indexName: 'wide', dimension: n })],
  ['letters of a name', 63, 'CreateIndex', (n) => made({ indexName: 'n'.repeat(n) })],
  [
    'keys that are not filterable',
    10,
    'CreateIndex',
    (n) =>
      made({
        indexName: 'keyed',
        metadataConfiguration: { nonFilterableMetadataKeys: keysTo(n) },
      }),
  ],
])('%s: %d, and not one more', async (_what, max, operation, bodyOf) => {
  expect(await statusOf(operation, bodyOf(max + 1))).toBe(400);
  expect(await statusOf(operation, bodyOf(max))).toBe(200);
});

test('segments and pages together give every vector once, from all pods', async () => {
  const scope = opened.scope.index('paged');
  await done(
    opened.scope.createIndex({ ...three, indexName: 'paged', distanceMetric: 'euclidean' }),
  );
  const keys = keysTo(60);
  await done(scope.putVectors({ vectors: keys.map((key) => ({ key, data })) }));

  const listed: string[] = [];
  for (const segmentIndex of [0, 1, 2]) {
    let nextToken: string | undefined;
    do {
      const page: { vectors: { key: string }[]; nextToken?: string } = await done(
        scope.listVectors({
          segmentCount: 3,
          segmentIndex,
          maxResults: 7,
          ...(nextToken && { nextToken }),
        }),
      );
      listed.push(...page.vectors.map(({ key }) => key));
      nextToken = page.nextToken;
    } while (nextToken);
  }

  expect(listed.toSorted()).toEqual(keys.toSorted());
});

test('a collection that GraphQL made is an index, with what S3 Vectors cannot have', async () => {
  const collection = { name: 'Made elsewhere', bucket: opened.bucket };
  const query = `mutation ($input: CreateVectorCollectionInput!, $name: String!, $bucket: String!) {
    createVectorCollection(input: $input) { created }
    upsertVectors(collection: $name, bucket: $bucket, records: [
      { key: "a", vector: [1, 2], metadata: { deep: { none: null } } }
    ]) { upsertedCount }
  }`;
  const input = { ...collection, dimension: 2, metric: 'INNER_PRODUCT', elementType: 'FLOAT16' };
  await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input, ...collection } }),
  });

  const { index } = await done(opened.scope.getIndex(collection.name));
  expect(index).toMatchObject({ dimension: 2, distanceMetric: 'dotproduct' });
  const nearest = { queryVector: { float32: [1, 1] }, returnDistance: true, returnMetadata: true };
  expect(await done(opened.scope.index(collection.name).queryVectors(nearest))).toEqual({
    vectors: [{ key: 'a', distance: -3, metadata: { deep: { none: null } } }],
    distanceMetric: 'dotproduct',
  });
});
