import { createShardedStore } from '../../gateway/sharded-store.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { startCall, type Call } from '../../subgraphs/call.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../subgraphs/postgres/postgres-store.ts';
import type { CollectionSpec, NewRecord, SearchQuery, VectorStore } from '../../subgraphs/store.ts';
import { freshBucket, testDatabases } from './databases.ts';
import { faulty, type FaultyStore } from './faulty-store.ts';
import { podNames } from './subjects.ts';

export const silent: Logger = { info() {}, warn() {}, error() {} };

/** The three pods of the tests, each breakable, under as many gateways as a test wants. */
export interface FaultyPods {
  readonly a: FaultyStore;
  readonly b: FaultyStore;
  readonly c: FaultyStore;
  readonly bucket: string;
  /** A new gateway over the three, which remembers nothing. Closing it would close the pods. */
  gateway(): VectorStore;
  /** The same, with another store in place of one pod. */
  gatewayWith(pod: string, store: VectorStore): VectorStore;
  repair(): void;
  close(): Promise<void>;
}

export async function openFaultyPods(): Promise<FaultyPods> {
  const pods = await Promise.all(
    testDatabases().map(async (options, i) => {
      const pod = podNames[i]!;
      const database = openDatabase({ ...options, pod, logger: silent });
      const store = await openPostgresStore({
        database,
        pod,
        limits: defaultLimits,
        logger: silent,
      });
      return { name: pod, inner: store, faulty: faulty(pod, store) };
    }),
  );
  const [a, b, c] = pods.map((pod) => pod.faulty);
  const gatewayWith = (other?: string, replacement?: VectorStore): VectorStore =>
    createShardedStore({
      pods: pods.map(({ name, faulty: { store } }) => ({
        name,
        store: name === other && replacement ? replacement : store,
      })),
      logger: silent,
    });
  const gateway = (): VectorStore => gatewayWith();
  const bucket = freshBucket();
  await during((call) => gateway().createBucket(bucket, call));
  return {
    a: a!,
    b: b!,
    c: c!,
    bucket,
    gateway,
    gatewayWith,
    repair: () => pods.forEach((pod) => pod.faulty.repair()),
    async close() {
      await Promise.all(pods.map(({ inner }) => inner.close()));
    },
  };
}

/** Do something that takes a call. */
export async function during<T>(work: (call: Call) => Promise<T>, timeoutMs = 20_000): Promise<T> {
  const call = startCall({ timeoutMs, requestId: 'test' });
  try {
    return await work(call);
  } finally {
    call.end();
  }
}

export const specIn = (
  bucket: string,
  collection: string,
  more: Partial<CollectionSpec> = {},
): CollectionSpec => ({
  bucket,
  collection,
  dimension: 2,
  metric: 'L2',
  elementType: 'FLOAT32',
  nonFilterableKeys: [],
  pods: null,
  ifNotExists: false,
  ...more,
});

/** `count` records on a line: key "0" at [1, 0], "1" at [2, 0] and so on, metadata {n}. */
export const line = (count: number): NewRecord[] =>
  Array.from({ length: count }, (_, n) => ({
    key: String(n),
    vector: Float32Array.of(n + 1, 0),
    metadata: { n },
  }));

export const searchIn = (
  bucket: string,
  collection: string,
  more: Partial<SearchQuery> = {},
): SearchQuery => ({
  bucket,
  collection,
  vector: Float32Array.of(0, 0),
  metric: 'L2',
  limit: 5,
  filter: null,
  exclude: null,
  select: { metadata: 'none', vector: false },
  mode: 'AUTO',
  efSearch: null,
  probes: null,
  ...more,
});

/** The code of the error that comes, or 'none'. */
export const codeFrom = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: { readonly extensions?: { readonly code?: unknown } }) => error.extensions?.code,
  );
