import type { ElementType, Metric } from '../../../schema/metric.ts';
import type { Call } from '../../../subgraphs/call.ts';
import { requireCollection } from '../../../subgraphs/collections.ts';
import type { Collection, CollectionRef, VectorStore } from '../../../subgraphs/store.ts';

/** A collection that is to be made when it is not there. */
export interface NewCollection {
  readonly metric: Metric;
  readonly elementType: ElementType;
}

/** The collection that records of this dimension go to, made with its bucket if that is asked for. */
export async function openTarget(
  store: VectorStore,
  target: CollectionRef & { readonly create: NewCollection | null; readonly dimension: number },
  call: Call,
): Promise<Collection> {
  const { bucket, collection, create, dimension } = target;
  const ref = { bucket, collection };
  if (create === null) return requireCollection(store, ref, call);
  const buckets = await store.listBuckets(bucket, call);
  if (!buckets.some(({ name }) => name === bucket)) await store.createBucket(bucket, call);
  const spec = { ...ref, ...create, dimension, nonFilterableKeys: [], pods: null };
  const made = await store.createCollection({ ...spec, ifNotExists: true }, null, call);
  return made.collection;
}
