import DataLoader from 'dataloader';
import type { Limits } from '../schema/limits.ts';
import { inPart, type Call } from './call.ts';
import { narrowed, united } from './selection.ts';
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
  /** With what is selected and no more, whatever others want of the same record. */
  record(ref: CollectionRef, select: Selection, key: string): Promise<StoredRecord | null>;
  /** The shards of a collection, with at least `what` of them. */
  shards(ref: CollectionRef, what: keyof Inspection): Promise<readonly ShardInspection[]>;
}

interface Service {
  readonly store: VectorStore;
  readonly limits: Limits;
}

export function createLoaders(service: Service, call: Call, operationMs: number): Loaders {
  const within = <T>(run: (part: Call) => Promise<T>): Promise<T> => inPart(call, operationMs, run);
  const byCollection = new Map<string, DataLoader<RecordKey, StoredRecord | null, string>>();

  const recordsOf = (ref: CollectionRef) =>
    new DataLoader<RecordKey, StoredRecord | null, string>(
      (wanted) => within((part) => fetchTogether(service, ref, wanted, part)),
      { cacheKeyFn: ({ key, select }) => JSON.stringify([key, select.metadata, select.vector]) },
    );

  const inspections = new DataLoader<InspectionKey, readonly ShardInspection[]>(
    (keys) => within((part) => inspectTogether(service.store, keys, part)),
    // One request can look, change and look again: what was seen before must not come twice.
    { cache: false },
  );

  return {
    record(ref, select, key) {
      const name = JSON.stringify([ref.bucket, ref.collection]);
      const loader = byCollection.get(name) ?? recordsOf(ref);
      byCollection.set(name, loader);
      return loader.load({ key, select });
    },
    shards: (ref, what) => inspections.load({ ref, what }),
  };
}

interface RecordKey {
  readonly key: string;
  readonly select: Selection;
}

/** One read for as many keys as a read may have, of all that any of them wants. */
async function fetchTogether(
  { store, limits }: Service,
  ref: CollectionRef,
  wanted: readonly RecordKey[],
  call: Call,
): Promise<(StoredRecord | null | Error)[]> {
  const keys = [...new Set(wanted.map(({ key }) => key))];
  const select = [...new Set(wanted.map((one) => one.select))].reduce(united);
  const found = new Map<string, StoredRecord | null | Error>();
  await Promise.all(
    chunksOf(keys, limits.readKeysMax).map(async (chunk) => {
      const query = { ...ref, keys: chunk, select };
      const records = await store
        .fetch(query, call)
        .catch((error: Error) => chunk.map(() => error));
      chunk.forEach((key, i) => found.set(key, records[i] ?? null));
    }),
  );
  return wanted.map((one) => {
    const record = found.get(one.key) ?? null;
    const isWhole = record === null || record instanceof Error || one.select === select;
    return isWhole ? record : narrowed(record, one.select);
  });
}

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );

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
