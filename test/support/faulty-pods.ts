import { createShardedStore } from '../../gateway/sharded-store.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../subgraphs/postgres/postgres-store.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { freshBucket, testDatabases } from './databases.ts';
import { faulty, type FaultyStore } from './faulty-store.ts';
import { during, silent } from './store-calls.ts';
import { podNames } from './subjects.ts';

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
