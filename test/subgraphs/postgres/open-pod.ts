import { defaultLimits } from '../../../schema/limits.ts';
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
import { during, searchIn, silent, specIn } from '../../support/store-calls.ts';
import { podNames } from '../../support/subjects.ts';

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
  await during((call) => store.createBucket(bucket, call));
  return { store, database, bucket, close: () => store.close() };
}

export const specOf = (
  { bucket }: OpenPod,
  collection: string,
  more: Partial<CollectionSpec> = {},
): CollectionSpec => specIn(bucket, collection, { dimension: 4, ...more });

export async function fill(
  pod: OpenPod,
  spec: CollectionSpec,
  records: readonly (Omit<NewRecord, 'vector'> & { readonly vector: readonly number[] })[],
): Promise<void> {
  await during((call) => pod.store.createCollection(spec, null, call));
  const { bucket, collection } = spec;
  for (let i = 0; i < records.length; i += 1_000) {
    const part = records
      .slice(i, i + 1_000)
      .map((record) => ({ ...record, vector: Float32Array.from(record.vector) }));
    await during((call) =>
      pod.store.upsert({ bucket, collection, version: null, records: part }, call),
    );
  }
}

export const queryOf = (
  { bucket, collection, metric }: CollectionSpec,
  near: readonly number[],
  more: Partial<SearchQuery> = {},
): SearchQuery =>
  searchIn(bucket, collection, { vector: Float32Array.from(near), metric, limit: 10, ...more });
