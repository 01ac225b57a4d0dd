import { createRemoteStore } from '../../gateway/remote-store.ts';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import { openTopology } from '../../gateway/topology.ts';
import { defaultLimits } from '../../schema/limits.ts';
import type { Running } from '../../subgraphs/http.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, searchIn, silent, specIn } from '../support/store-calls.ts';
import { noEmbedders } from '../support/stub-service.ts';
import type { FaultyPods } from '../support/faulty-pods.ts';

let pods: FaultyPods;
let servers: Running[];

const serve = (pod: string, store: VectorStore): Promise<Running> =>
  startPod({
    service: {
      store,
      limits: defaultLimits,
      embedders: noEmbedders,
      minCoverage: 1,
      logger: silent,
    },
    pod,
    host: '127.0.0.1',
    port: 0,
    logger: silent,
  });

/** A gateway that believes pod-a, pod-b and pod-c to be at these URLs. */
const gatewayOver = (urls: readonly string[]): VectorStore =>
  createShardedStore({
    pods: ['pod-a', 'pod-b', 'pod-c'].map((pod, i) => ({
      name: pod,
      store: createRemoteStore({ pod, url: urls[i]!, connectionsMax: 4, logger: silent }),
    })),
    logger: silent,
  });

beforeAll(async () => {
  pods = await openFaultyPods();
  servers = await Promise.all([
    serve('pod-a', pods.a.store),
    serve('pod-b', pods.b.store),
    serve('pod-c', pods.c.store),
  ]);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await pods.close();
});

test('pods whose URLs were swapped refuse to answer for each other', async () => {
  const [a, b, c] = servers.map(({ url }) => url);
  const spec = specIn(pods.bucket, 'swapped');
  const right = gatewayOver([a!, b!, c!]);
  const swapped = gatewayOver([b!, a!, c!]);
  await during((call) => right.createCollection(spec, null, call));
  await during((call) => right.upsert({ ...spec, version: null, records: line(30) }, call));

  const query = searchIn(pods.bucket, 'swapped');
  const { shards } = await during((call) => swapped.search(query, call));
  expect(shards.map((shard) => [shard.pod, 'error' in shard && shard.error.message])).toEqual([
    ['pod-c', false],
    ['pod-a', 'Pod "pod-a" calls itself "pod-b".'],
    ['pod-b', 'Pod "pod-b" calls itself "pod-a".'],
  ]);

  const write = { ...spec, version: null, target: { keys: line(30).map(({ key }) => key) } };
  await expect(during((call) => swapped.delete(write, call))).rejects.toMatchObject({
    extensions: {
      code: 'PARTIAL_WRITE',
      pods: [{ outcome: 'notWritten' }, { outcome: 'notWritten' }, { outcome: 'written' }],
    },
  });
  expect(await codeFrom(during((call) => swapped.deleteBucket(pods.bucket, call)))).toBe(
    'POD_UNAVAILABLE',
  );

  await right.close();
  await swapped.close();
});

test('a gateway does not start with swapped URLs, and names both', async () => {
  const [a, b] = servers.map(({ url }) => url);
  const opening = openTopology({
    pods: [
      { name: 'pod-a', kind: 'url', url: b! },
      { name: 'pod-b', kind: 'url', url: a! },
    ],
    collections: [],
    limits: defaultLimits,
    logger: silent,
    mustBeUp: false,
    onProgress() {},
  });

  await expect(opening).rejects.toThrow(
    `Pod "pod-a" calls itself "pod-b". Is ${b} the URL of another pod?\n` +
      `Pod "pod-b" calls itself "pod-a". Is ${a} the URL of another pod?`,
  );
});

test('a gateway starts while a pod that it knows by URL is down', async () => {
  const [a] = servers.map(({ url }) => url);
  const store = await openTopology({
    pods: [
      { name: 'pod-a', kind: 'url', url: a! },
      { name: 'pod-b', kind: 'url', url: 'http://127.0.0.1:1' },
    ],
    collections: [],
    limits: defaultLimits,
    logger: silent,
    mustBeUp: false,
    onProgress() {},
  });

  expect(await during((call) => store.pods(call))).toMatchObject([
    { name: 'pod-a', healthy: true },
    { name: 'pod-b', healthy: false },
  ]);
  await store.close();
});
