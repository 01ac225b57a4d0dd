import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { during } from '../support/store-calls.ts';
import { createStubService } from '../support/stub-service.ts';
import { aName, clients, done, refused, removeBucket, three } from '../support/vector-buckets.ts';
import type { Vectors } from '../support/vector-buckets.ts';

const bucket = aName();
const [, connect] = clients[0]!;
const vectors = Array.from({ length: 60 }, (_, n) => ({
  key: String(n),
  data: { float32: [n, 0, 0] },
}));
const keys = vectors.map(({ key }) => key);
const nearest = { queryVector: { float32: [0, 0, 0] }, topK: 5 };

let pods: FaultyPods;
const running: Running[] = [];
let strict: Vectors;

beforeAll(async () => {
  pods = await openFaultyPods();
  strict = await open(0);
  await done(strict.createBucket(bucket));
  const shape = { ...three, distanceMetric: 'euclidean' } as const;
  await done(strict.from(bucket).createIndex({ ...shape, indexName: 'films' }));
  await done(films(strict).putVectors({ vectors }));
});
afterEach(() => pods.repair());
afterAll(async () => {
  await removeBucket(strict, bucket);
  await during((call) => pods.gateway().deleteBucket(pods.bucket, call));
  await Promise.all(running.map((gateway) => gateway.close()));
  await pods.close();
});

/** A client of a new gateway. */
async function open(minCoverage: number): Promise<Vectors> {
  const service = { ...createStubService(pods.gateway()), minCoverage };
  const example = { query: '{ vectorPods { name } }', variables: {} };
  const place = { host: '127.0.0.1', port: 0, logger: service.logger };
  const gateway = await startGateway({ service, subgraphs: [], example, ...place });
  running.push(gateway);
  return connect(gateway.url);
}

const films = (of: Vectors) => of.from(bucket).index('films');

test('a query that lacks a shard is no answer, since it could not say so', async () => {
  pods.b.break({ kind: 'down' });

  expect(await refused(films(strict).queryVectors(nearest))).toMatchObject({
    status: 503,
    message: 'A share of 1 of the shards must take part; 2 of 3 answered.',
  });
});

test('a query that lacks a shard is an answer where the configuration allows it', async () => {
  const lenient = await open(0.5);
  pods.b.break({ kind: 'down' });

  expect((await done(films(lenient).queryVectors(nearest))).vectors).toHaveLength(5);
});

test('a put or a deletion that misses a pod says so, and can be repeated', async () => {
  const put = () => films(strict).putVectors({ vectors });
  const remove = () => films(strict).deleteVectors({ keys });
  pods.b.break({ kind: 'down' });
  const reached = {
    status: 503,
    message: expect.stringContaining('The write reached 2 of 3 pods.'),
  };

  expect(await refused(remove())).toMatchObject(reached);
  expect(await refused(put())).toMatchObject(reached);
  pods.repair();
  await done(remove());
  await done(put());
  expect((await done(films(strict).listVectors())).vectors).toHaveLength(60);
});

test('what lacks a pod is not got or listed as if it were all', async () => {
  pods.b.break({ kind: 'down' });
  const unavailable = { status: 503, message: 'Pod "pod-b" is down.' };

  expect(await refused(films(strict).getVectors({ keys }))).toMatchObject(unavailable);
  expect(await refused(films(strict).listVectors())).toMatchObject(unavailable);
  expect(await refused(strict.from(bucket).listIndexes())).toMatchObject(unavailable);
});
