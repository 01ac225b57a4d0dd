import { GraphQLError } from 'graphql';
import { codeOf, errors } from '../../../schema/errors.ts';
import type { Limits } from '../../../schema/limits.ts';
import type { ElementType, Metric } from '../../../schema/metric.ts';
import { checkBucketName } from '../../../schema/names.ts';
import { isHashed, membersOf } from '../../../schema/placement.ts';
import { defaultBucket, readCount } from '../../../subgraphs/arguments.ts';
import type { Call } from '../../../subgraphs/call.ts';
import { requireCollection, requireSame } from '../../../subgraphs/collections.ts';
import type { Embedder } from '../../../subgraphs/embedder.ts';
import type { Collection, CollectionRef, VectorStore } from '../../../subgraphs/store.ts';

/** A collection that is to be made when it is not there. */
export interface NewCollection {
  readonly metric: Metric;
  readonly elementType: ElementType;
}

/** The collection that is there. It must take writes, and what an embedder makes must fit it. */
export async function findTarget(
  store: VectorStore,
  ref: CollectionRef,
  embedder: Embedder | null,
  call: Call,
): Promise<Collection> {
  const found = await requireCollection(store, ref, call).catch((error: unknown) => {
    throw codeOf(error) === 'COLLECTION_NOT_FOUND' ? withHint(error as GraphQLError) : error;
  });
  if (!isHashed(found.placement)) throw errors.collectionUnplaced(ref, membersOf(found.placement));
  if (!embedder || embedder.dimension === found.dimension) return found;
  throw errors.embedderMismatch('embedder', found.collection, found.dimension, embedder);
}

const withHint = ({ message, extensions }: GraphQLError): GraphQLError =>
  new GraphQLError(`${message} With --create it is made.`, { extensions });

/** Makes the collection, with its bucket, for records of this dimension when it is not there. */
export async function makeTarget(
  store: VectorStore,
  target: CollectionRef & NewCollection & { readonly dimension: number },
  limits: Limits,
  call: Call,
): Promise<void> {
  const { bucket } = target;
  const spec = { ...target, nonFilterableKeys: [], pods: null, ifNotExists: true };
  const there = await store.describe(target, call);
  // A record of another dimension is that record's fault, also when it comes first.
  if (there?.placement.state === 'active') {
    requireSame({ ...spec, dimension: there.dimension }, there);
    return;
  }
  const range = { fallback: 0, min: 1, max: limits.dimensionMax, what: 'dimensions' };
  readCount('vector', spec.dimension, range);
  if (bucket !== defaultBucket) checkBucketName(bucket, 'bucket');
  const buckets = await store.listBuckets(bucket, call);
  if (!buckets.some(({ name }) => name === bucket)) await store.createBucket(bucket, call);
  await store.createCollection(spec, null, call);
}
