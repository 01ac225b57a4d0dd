import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { TypedCollection, TypedCollections } from '../schema/typed/model.ts';
import { startCall, type Call } from '../subgraphs/call.ts';
import type { VectorsService } from '../subgraphs/context.ts';
import type { Collection } from '../subgraphs/store.ts';
import { repeat } from './repeat.ts';

/** Makes the collections that are declared and not there. */
export interface MissingCollections {
  /**
   * Never rejects, and waits for one attempt alone: what fails is said once and tried again, until
   * it is there or the next creation begins.
   */
  create(typed: TypedCollections): Promise<void>;
  close(): Promise<void>;
}

type Service = Pick<VectorsService, 'store' | 'limits' | 'logger'>;

export function createMissingCollections(service: Service): MissingCollections {
  let stop = async (): Promise<void> => {};
  let closed = false;

  return {
    async create({ collections }) {
      await stop();
      if (closed) return;
      const end = new AbortController();
      const { signal } = end;
      // One for each collection; from eleven on Node would warn of a leak.
      setMaxListeners(0, signal);
      const all = collections.map((each) => repeat(createCreator(each, signal, service), signal));
      stop = async () => {
        end.abort();
        await Promise.all(all.map(({ ended }) => ended));
      };
      await Promise.all(all.map(({ first }) => first));
    },
    async close() {
      closed = true;
      await stop();
    },
  };
}

const pauseMsMin = 1_000;
const pauseMsMax = 60_000;

function createCreator(
  typed: TypedCollection,
  signal: AbortSignal,
  { store, limits, logger }: Service,
): () => Promise<number | null> {
  const { type, bucket, collection, dimension } = typed;
  const { file, line } = typed.place;
  const seen = { type, bucket, collection, file, line };
  let pauseMs = pauseMsMin / 2;

  async function createOne(call: Call): Promise<null> {
    const found = await store.describe(typed, call, { fresh: true });
    if (found?.placement.state === 'active') {
      for (const mismatch of mismatchesOf(typed, found)) logger.error(seen, mismatch);
      return null;
    }
    await makeBucket(call);
    const { created } = await store.createCollection(specOf(typed), null, call);
    if (created) logger.info(seen, `collection created, of dimension ${dimension}`);
    return null;
  }

  async function makeBucket(call: Call): Promise<void> {
    const buckets = await store.listBuckets(bucket, call);
    if (buckets.some(({ name }) => name === bucket)) return;
    await store.createBucket(bucket, call);
    logger.info(seen, 'bucket created');
  }

  return async () => {
    const call = startCall({ timeoutMs: limits.timeoutMsDefault, requestId: randomUUID() });
    const leave = (): void => call.abort();
    signal.addEventListener('abort', leave);
    try {
      return await createOne(call);
    } catch (error) {
      const isFirst = pauseMs < pauseMsMin;
      if (isFirst && !signal.aborted)
        logger.error({ ...seen, err: error }, 'collection not created');
      pauseMs = Math.min(2 * pauseMs, pauseMsMax);
      return pauseMs;
    } finally {
      signal.removeEventListener('abort', leave);
      call.end();
    }
  };
}

/** Searches and writes would say so too, if at all, but not where the declaration is. */
function mismatchesOf(
  { type, place: { file, line }, ...typed }: TypedCollection,
  found: Collection,
): readonly string[] {
  const name = `collection "${found.collection}" in bucket "${found.bucket}"`;
  return (['dimension', 'metric'] as const)
    .filter((what) => typed[what] !== null && typed[what] !== found[what])
    .map(
      (what) =>
        `${file}:${line} ${type} must have the ${what} of ${name}, ${found[what]}; got ${typed[what]}. Change the type, or delete the collection.`,
    );
}

const specOf = ({ bucket, collection, dimension, metric }: TypedCollection) => ({
  bucket,
  collection,
  dimension,
  metric: metric ?? ('COSINE' as const),
  elementType: 'FLOAT32' as const,
  nonFilterableKeys: [],
  pods: null,
  ifNotExists: true,
});
