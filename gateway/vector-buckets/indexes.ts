import { errors } from '../../schema/errors.ts';
import type { Metric } from '../../schema/metric.ts';
import { checkText } from '../../schema/names.ts';
import { fromCursor, toCursor } from '../../subgraphs/arguments.ts';
import { requireCollection } from '../../subgraphs/collections.ts';
import type { Collection } from '../../subgraphs/store.ts';
import { requireBucket } from './buckets.ts';
import { refOf, toSeconds, type OperationContext, type Operations } from './context.ts';
import { s3Limits } from './limits.ts';

export const indexOperations: Operations<
  'CreateIndex' | 'GetIndex' | 'ListIndexes' | 'DeleteIndex'
> = {
  async CreateIndex(body, context) {
    const { store, call } = context;
    const ref = refOf(body);
    await requireBucket(ref.bucket, context);
    const nonFilterableKeys = body.metadataConfiguration?.nonFilterableMetadataKeys ?? [];
    const { collection } = await store.createCollection(
      {
        ...ref,
        dimension: body.dimension,
        metric: body.distanceMetric === 'cosine' ? 'COSINE' : 'L2',
        elementType: 'FLOAT32',
        nonFilterableKeys: nonFilterableKeys.map((key, i) =>
          checkText(key, `metadataConfiguration.nonFilterableMetadataKeys[${i}]`),
        ),
        pods: null,
        ifNotExists: false,
      },
      null,
      call,
    );
    await beginAnnIndex(collection, context);
    return {};
  },

  async GetIndex(body, { store, call }) {
    const collection = await requireCollection(store, refOf(body), call);
    return { index: toIndex(collection) };
  },

  async ListIndexes({ vectorBucketName, prefix = '', nextToken, maxResults }, context) {
    const { store, call } = context;
    const { name: bucket } = await requireBucket(vectorBucketName, context);
    const [after] = fromCursor(nextToken, 1, 'nextToken') ?? [];
    const page = await store.listCollections(
      {
        bucket,
        prefix: checkText(prefix, 'prefix'),
        limit: maxResults ?? s3Limits.namesMax,
        after: after === undefined ? null : { bucket, collection: after },
        everyState: false,
      },
      call,
    );
    // A list that lacks what a pod alone holds cannot say so here.
    const silent = page.pods.find(({ error }) => error !== null);
    if (silent?.error) throw silent.error;
    const last = page.collections.at(-1);
    return {
      indexes: page.collections.map(({ collection, createdAt }) => ({
        indexName: collection,
        vectorBucketName: bucket,
        creationTime: toSeconds(createdAt),
      })),
      nextToken: page.hasMore && last ? toCursor([last.collection]) : undefined,
    };
  },

  async DeleteIndex(body, { store, call }) {
    const ref = refOf(body);
    const deleted = await store.deleteCollection(ref, null, call);
    if (!deleted) throw errors.collectionNotFound(ref.bucket, ref.collection);
    return {};
  },
};

/** How metrics are called there. The last has no name there, and is not made there. */
export const distanceMetrics = {
  COSINE: 'cosine',
  L2: 'euclidean',
  INNER_PRODUCT: 'dotproduct',
  L1: 'manhattan',
} as const satisfies Record<Metric, string>;

/** Vectors with more dimensions than can be indexed are searched exactly. */
async function beginAnnIndex(collection: Collection, context: OperationContext): Promise<void> {
  const { bucket, collection: name, dimension, metric, elementType } = collection;
  const { store, call, limits, logger } = context;
  if (dimension > limits.indexedDimensionMax[elementType]) return;
  const unset = { m: null, efConstruction: null, lists: null, maintenanceWorkMem: null };
  const ref = { bucket, collection: name };
  const spec = { ...ref, method: 'HNSW', metric, ...unset, ifNotExists: true, waitMs: 0 } as const;
  try {
    await store.createIndex(spec, call);
  } catch (error) {
    // The collection is there, and answers without: a failure would only have it made again.
    logger.warn({ bucket, collection: name, error }, 'no index was begun');
  }
}

function toIndex({
  bucket,
  collection,
  dimension,
  metric,
  nonFilterableKeys,
  createdAt,
}: Collection) {
  return {
    indexName: collection,
    vectorBucketName: bucket,
    dataType: 'float32',
    dimension,
    distanceMetric: distanceMetrics[metric],
    metadataConfiguration:
      nonFilterableKeys.length > 0 ? { nonFilterableMetadataKeys: nonFilterableKeys } : undefined,
    creationTime: toSeconds(createdAt),
  };
}
