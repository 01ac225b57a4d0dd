import type { Limits } from '../../schema/limits.ts';
import { startCall, type Call } from '../call.ts';
import type { Logger } from '../logger.ts';
import type { Pod, VectorStore } from '../store.ts';
import { readChanges, watch } from './changes.ts';
import { createBucket, deleteBucket, listBuckets } from './buckets.ts';
import {
  createCollection,
  deleteCollection,
  describeCollection,
  listCollections,
} from './collections.ts';
import type { CollectionSetting } from './catalogue.ts';
import { createCompactor } from './compactor.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { createIndex, dropIndex } from './indexes.ts';
import { inspectCollections } from './inspect.ts';
import { createMemory } from './known.ts';
import { prepareDatabase } from './prepare.ts';
import { countRecords, fetchRecords, scanRecords } from './records.ts';
import { reportPod } from './report.ts';
import { search } from './search.ts';
import { podStatement } from './sql/setup.ts';
import { deleteRecords, updateMetadata, upsert } from './writes.ts';

export interface PostgresStoreOptions {
  readonly database: Database;
  /** The name that the database has, or gets if it has none yet. */
  readonly pod: string;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Those of the configuration that this pod may hold. */
  readonly collections?: readonly CollectionSetting[];
}

/**
 * One database with pgvector as a store. Rejects when the database is down, cannot be prepared, or
 * is another pod; the database stays the caller's to close then, and the store's afterwards.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<VectorStore> {
  const { database, pod, limits, logger, collections = [] } = options;
  const call = startCall({ timeoutMs: limits.timeoutMsMax, requestId: 'open' });
  const prepared = await prepareDatabase(database, pod, call).finally(() => call.end());
  const catalogue = { ...prepared, collections };
  const memory = createMemory(database, { pod, catalogue });
  const compactor = createCompactor({ database, pod, logger });
  return storeOf({ ...options, catalogue, memory, compactor, builds: new Map() });
}

const storeOf = (context: Context): VectorStore => ({
  describe: (ref, call, { fresh } = { fresh: false }) =>
    describeCollection(context, ref, call, { fresh }),
  search: (query, call) => search(context, query, call),
  fetch: (query, call) => fetchRecords(context, query, call),
  scan: (query, call) => scanRecords(context, query, call),
  count: (query, call) => countRecords(context, query, call),

  upsert: (write, call) => upsert(context, write, call),
  updateMetadata: (write, call) => updateMetadata(context, write, call),
  delete: (write, call) => deleteRecords(context, write, call),

  listCollections: (query, call) => listCollections(context, query, call),
  inspect: (refs, what, call) => inspectCollections(context, refs, what, call),
  changes: (refs, call) => readChanges(context, refs, call),
  watch: (ref, on, call) => watch(context, ref, on, call),
  createCollection: (spec, placement, call) => createCollection(context, spec, placement, call),
  deleteCollection: (ref, placement, call) => deleteCollection(context, ref, placement, call),
  createIndex: (spec, call) => createIndex(context, spec, call),
  dropIndex: (query, call) => dropIndex(context, query, call),

  listBuckets: (prefix, call) => listBuckets(context, prefix, call),
  createBucket: (name, call) => createBucket(context, name, call),
  deleteBucket: (name, call) => deleteBucket(context, name, call),

  pods: async (call) => [await podOf(context, call)],
  report: async (call) => [await reportPod(context, call)],
  async close() {
    await context.compactor.close();
    await context.database.close();
  },
});

type PodRow = Pick<Pod, 'postgres' | 'pgvector' | 'collectionCount'>;

async function podOf({ database, pod, logger, catalogue }: Context, call: Call): Promise<Pod> {
  try {
    const [row] = await database.query<PodRow>(podStatement(catalogue), call);
    return { name: pod, healthy: true, ...row! };
  } catch (error) {
    logger.warn({ pod, error }, 'pod does not answer');
    return { name: pod, healthy: false, postgres: null, pgvector: null, collectionCount: null };
  }
}
