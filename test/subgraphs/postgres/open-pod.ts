import { defaultLimits } from '../../../schema/limits.ts';
import { startCall, type StartedCall } from '../../../subgraphs/call.ts';
import type { Logger } from '../../../subgraphs/logger.ts';
import type { Database } from '../../../subgraphs/postgres/database.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../../subgraphs/postgres/postgres-store.ts';
import type {
  CollectionSpec,
  NewRecord,
  SearchQuery,
  VectorStore,
} from '../../../subgraphs/store.ts';
import { freshBucket, testDatabases } from '../../support/databases.ts';

export const silent: Logger = { info() {}, warn() {}, error() {} };

/** The names of the pods that the three databases are, in all tests of this folder. */
export const podNames = ['pod-a', 'pod-b', 'pod-c'] as const;

export interface OpenPod {
  readonly store: VectorStore;
  readonly database: Database;
  readonly bucket: string;
  close(): Promise<void>;
}

export const openPodDatabase = (i = 0): Database =>
  openDatabase({ ...testDatabases()[i]!, pod: podNames[i]!, logger: silent });

/** The first of the tests' databases as a store, with a bucket of one's own. */
export async function openPod(i = 0): Promise<OpenPod> {
  const database = openPodDatabase(i);
  const pod = podNames[i]!;
  const store = await openPostgresStore({ database, pod, limits: defaultLimits, logger: silent });
  const bucket = freshBucket();
  await within((call) => store.createBucket(bucket, call));
  return { store, database, bucket, close: () => store.close() };
}

export async function within<T>(
  work: (call: StartedCall) => Promise<T>,
  timeoutMs = 20_000,
): Promise<T> {
  const call = startCall({ timeoutMs, requestId: 'test' });
  try {
    return await work(call);
  } finally {
    call.end();
  }
}

export const specOf = (
  pod: OpenPod,
  collection: string,
  more: Partial<CollectionSpec> = {},
): CollectionSpec => ({
  bucket: pod.bucket,
  collection,
  dimension: 4,
  metric: 'L2',
  elementType: 'FLOAT32',
  nonFilterableKeys: [],
  pods: null,
  ifNotExists: false,
  ...more,
});

export async function fill(
  pod: OpenPod,
  spec: CollectionSpec,
  records: readonly (Omit<NewRecord, 'vector'> & { readonly vector: readonly number[] })[],
): Promise<void> {
  await within((call) => pod.store.createCollection(spec, null, call));
  const { bucket, collection } = spec;
  for (let i = 0; i < records.length; i += 1_000) {
    const part = records
      .slice(i, i + 1_000)
      .map((record) => ({ ...record, vector: Float32Array.from(record.vector) }));
    await within((call) =>
      pod.store.upsert({ bucket, collection, version: null, records: part }, call),
    );
  }
}

export const queryOf = (
  spec: CollectionSpec,
  near: readonly number[],
  more: Partial<SearchQuery> = {},
): SearchQuery => ({
  bucket: spec.bucket,
  collection: spec.collection,
  vector: Float32Array.from(near),
  metric: spec.metric,
  limit: 10,
  filter: null,
  exclude: null,
  select: { metadata: 'none', vector: false },
  mode: 'AUTO',
  efSearch: null,
  probes: null,
  ...more,
});

/** The code of the error that a promise rejects with, whatever makes it. */
export const codeOfRejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing was refused',
    (error: { readonly extensions?: { readonly code?: unknown }; readonly message: string }) =>
      error.extensions?.code ?? error.message,
  );
