import { codeOf, errors } from '../schema/errors.ts';
import { parseFilter } from '../schema/filter-parser.ts';
import type { Filter } from '../schema/filter.ts';
import type { Limits } from '../schema/limits.ts';
import { fitsFloat16, isZero, isZeroAsFloat16 } from '../schema/vector.ts';
import type { Metric } from '../schema/metric.ts';
import type { Call } from './call.ts';
import type { Collection, CollectionRef, CollectionSpec, VectorStore } from './store.ts';

/**
 * The collection, if it is there and `accept` does not throw. What a store remembers may be out of
 * date, so a refusal is final only when it also holds for the collection as it is now.
 */
export async function requireCollection(
  store: VectorStore,
  ref: CollectionRef,
  call: Call,
  accept: (collection: Collection) => void = () => {},
): Promise<Collection> {
  const known = active(await store.describe(ref, call), ref);
  try {
    accept(known);
    return known;
  } catch (refusal) {
    if (codeOf(refusal) === undefined) throw refusal;
    const current = active(await store.describe(ref, call, { fresh: true }), ref);
    accept(current);
    return current;
  }
}

/** Makes the filter of a request, by what the collection lets be filtered on. */
export type FilterReader = (collection: Collection) => Filter | null;

export const filterReader =
  (input: unknown, limits: Limits): FilterReader =>
  ({ nonFilterableKeys }) =>
    parseFilter(input, { argument: 'filter', limits, nonFilterableKeys });

export async function requireFilter(
  store: VectorStore,
  ref: CollectionRef,
  call: Call,
  readFilter: FilterReader,
): Promise<Filter | null> {
  let filter: Filter | null = null;
  await requireCollection(store, ref, call, (found) => {
    filter = readFilter(found);
  });
  return filter;
}

function active(collection: Collection | null, ref: CollectionRef): Collection {
  if (collection?.placement.state === 'active') return collection;
  throw errors.collectionNotFound(ref.bucket, ref.collection);
}

/** The collection that is there instead of a new one, if the caller can do with it. */
export function requireSame(spec: CollectionSpec, there: Collection): Collection {
  const difference = differenceOf(spec, there);
  if (spec.ifNotExists && difference === undefined) return there;
  throw errors.collectionExists(spec.bucket, spec.collection, difference);
}

/** What makes it another collection than the one that was asked for. */
export function differenceOf(spec: CollectionSpec, there: Collection): string | undefined {
  if (there.dimension !== spec.dimension) return `dimension ${there.dimension}`;
  if (there.metric !== spec.metric) return `metric ${there.metric}`;
  if (there.elementType !== spec.elementType) return `element type ${there.elementType}`;
  return undefined;
}

/** A pod that a new collection is to have and that does not exist. */
export function checkPods(wanted: readonly string[] | null, names: readonly string[]): void {
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw errors.badInput('input.pods', `names of pods (${names.join(', ')})`, unknown);
}

/** Whether a vector can be compared with (or stored among) those of the collection. */
export function checkVector(
  argument: string,
  vector: Float32Array,
  collection: Collection,
  metric: Metric = collection.metric,
): void {
  if (vector.length !== collection.dimension) {
    throw errors.dimensionMismatch(
      argument,
      collection.collection,
      collection.dimension,
      vector.length,
    );
  }
  const hasNoDirection = collection.elementType === 'FLOAT16' ? isZeroAsFloat16 : isZero;
  if (metric === 'COSINE' && hasNoDirection(vector)) {
    throw errors.badRequest(
      argument,
      `${argument} must have a direction to be compared by COSINE; got only zeros.`,
    );
  }
  if (collection.elementType === 'FLOAT16' && !fitsFloat16(vector)) {
    throw errors.badRequest(
      argument,
      `${argument} must fit the FLOAT16 elements of collection "${collection.collection}"; got a number beyond ±65504.`,
    );
  }
}
