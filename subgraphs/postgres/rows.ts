import type { ElementType, IndexMethod, Metric } from '../../schema/metric.ts';
import type { PlacementState, SlotRange } from '../../schema/placement.ts';
import type { Bucket, Collection, IndexState, ShardIndex, StoredRecord } from '../store.ts';
import { methods, metrics } from './sql/indexes.ts';
import { readVector } from './vector-bytes.ts';

/** A row of `quiver.placement`. */
export interface PlacementRow {
  readonly bucket: string;
  readonly collection: string;
  readonly uid: string;
  readonly version: number;
  readonly state: PlacementState;
  readonly slots: Readonly<Record<string, readonly SlotRange[]>>;
  readonly dimension: number;
  readonly metric: Metric;
  readonly elementType: ElementType;
  readonly nonFilterableKeys: readonly string[];
  readonly createdAt: Date;
}

export const toCollection = (row: PlacementRow): Collection => ({
  bucket: row.bucket,
  collection: row.collection,
  dimension: row.dimension,
  metric: row.metric,
  elementType: row.elementType,
  nonFilterableKeys: row.nonFilterableKeys,
  createdAt: row.createdAt.toISOString(),
  placement: { uid: row.uid, version: row.version, state: row.state, slots: row.slots },
});

export interface RecordRow {
  readonly key: string;
  readonly metadata?: StoredRecord['metadata'];
  readonly vector?: Buffer;
}

export const toRecord = ({ key, metadata, vector }: RecordRow): StoredRecord => ({
  key,
  metadata,
  vector: vector && readVector(vector),
});

export interface BucketRow {
  readonly name: string;
  readonly collectionCount: number;
  readonly createdAt: Date;
}

export const toBucket = (row: BucketRow): Bucket => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
});

export interface IndexRow {
  readonly name: string;
  readonly method: string;
  readonly operatorClass: string;
  /** Such as "m=16". */
  readonly options: readonly string[] | null;
  readonly bytes: number;
  readonly state: IndexState;
  readonly percent: number | null;
}

/** Without those whose operator class is none of our metrics, such as bit indexes. */
export const toIndexes = (rows: readonly IndexRow[]): ShardIndex[] => rows.flatMap(toIndex);

function toIndex(row: IndexRow): ShardIndex[] {
  const word = /^(?:vector|halfvec)_(\w+)_ops$/.exec(row.operatorClass)?.[1];
  const metric = keyOf(metrics, word);
  const method = keyOf(methods, row.method);
  if (!metric || !method) return [];
  const { name, state, bytes } = row;
  const percent = state === 'BUILDING' ? row.percent : null;
  return [{ name, method, metric, options: toOptions(row.options ?? []), state, percent, bytes }];
}

const keyOf = <K extends IndexMethod | Metric>(
  words: Readonly<Record<K, string>>,
  word: string | undefined,
): K | undefined => (Object.keys(words) as K[]).find((key) => words[key] === word);

/** In the words of the API: `ef_construction=64` is `{ efConstruction: 64 }`. */
const toOptions = (options: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    options.map((option) => {
      const [name = '', value] = option.split('=');
      return [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), Number(value)];
    }),
  );
