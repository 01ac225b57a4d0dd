import DataLoader from 'dataloader';
import type { Limits } from '../schema/limits.ts';
import { inPart, type Call } from './call.ts';
import type {
  CollectionRef,
  Inspection,
  Selection,
  ShardInspection,
  StoredRecord,
  VectorStore,
} from './store.ts';

/** Reads that come one by one and leave together: one request to the store for all of a tick's. */
export interface Loaders {
  record(ref: CollectionRef, select: Selection, key: string): Promise<StoredRecord | null>;
  /** The shards of a collection, with at least `what` of them. */
  shards(ref: CollectionRef, what: keyof Inspection): Promise<readonly ShardInspection[]>;
}

export function createLoaders(
  service: { readonly store: VectorStore; readonly limits: Limits },
  call: Call,
  operationMs: number,
): Loaders {
  const within = <T>(run: (part: Call) => Promise<T>): Promise<T> => inPart(call, operationMs, run);
  const byCollection = new Map<string, DataLoader<string, StoredRecord | null>>();

  const recordsOf = (ref: CollectionRef, select: Selection) =>
    new DataLoader<string, StoredRecord | null>(
      (keys) => within((part) => service.store.fetch({ ...ref, keys, select }, part)),
      { maxBatchSize: service.limits.readKeysMax },
    );

  const inspections = new DataLoader<InspectionKey, readonly ShardInspection[]>(
    (keys) => within((part) => inspectTogether(service.store, keys, part)),
    // One request can look, change and look again: what was seen before must not come twice.
    { cache: false },
  );

  return {
    record(ref, select, key) {
      const name = JSON.stringify([ref.bucket, ref.collection, select.metadata, select.vector]);
      const loader = byCollection.get(name) ?? recordsOf(ref, select);
      byCollection.set(name, loader);
      return loader.load(key);
    },
    shards: (ref, what) => inspections.load({ ref, what }),
  };
}

interface InspectionKey {
  readonly ref: CollectionRef;
  readonly what: keyof Inspection;
}

/** One inspection of each collection, of all that any of the keys wants of it or of another. */
async function inspectTogether(
  store: VectorStore,
  keys: readonly InspectionKey[],
  call: Call,
): Promise<readonly (readonly ShardInspection[])[]> {
  const names = keys.map(({ ref }) => JSON.stringify([ref.bucket, ref.collection]));
  const unique = [...new Set(names)];
  const refs = unique.map((name) => keys[names.indexOf(name)]!.ref);
  const wants = (what: keyof Inspection): boolean => keys.some((key) => key.what === what);
  const what = { count: wants('count'), bytes: wants('bytes'), indexes: wants('indexes') };
  const found = await store.inspect(refs, what, call);
  return names.map((name) => found[unique.indexOf(name)]!);
}
