import type { ElementType, IndexMethod, Metric } from '../../schema/metric.ts';
import { isObject } from '../../schema/json.ts';
import { slotCount } from '../../schema/key.ts';
import { isFound, type Above, type PlacementState, type Slots } from '../../schema/placement.ts';
import type { OrderValue } from '../scan-order.ts';
import type {
  Bucket,
  Collection,
  IndexState,
  ScannedRecord,
  ShardIndex,
  StoredRecord,
} from '../store.ts';
import { settingOf, type Catalogue } from './catalogue.ts';
import { methods } from './sql/indexes.ts';
import { metricWords } from './sql/pgvector.ts';
import type { IdType } from './table.ts';
import { readVector } from './vector-bytes.ts';

/** A row of `quiver.placement`; of a table that Quiver did not make where `uid` says so. */
export interface PlacementRow {
  readonly bucket: string;
  readonly collection: string;
  readonly uid: string;
  readonly version: number;
  readonly state: PlacementState;
  readonly slots: Slots | null;
  readonly above: readonly Above[] | null;
  readonly ended: readonly string[] | null;
  readonly dimension: number;
  readonly metric: Metric | null;
  readonly elementType: ElementType;
  readonly nonFilterableKeys: readonly string[];
  readonly createdAt: Date | null;
}

/** A row of `collectionsText`, with its indexes. */
export interface CollectionRow extends PlacementRow {
  readonly idType: IdType;
  readonly idUnique: boolean;
  readonly idNullable: boolean;
  readonly metadataNullable: boolean;
  readonly momentColumns: readonly string[];
  readonly problem: string | null;
  readonly indexes: readonly IndexRow[] | null;
}

export const toCollection = (row: PlacementRow): Collection => ({
  bucket: row.bucket,
  collection: row.collection,
  dimension: row.dimension,
  metric: row.metric ?? 'COSINE',
  elementType: row.elementType,
  nonFilterableKeys: row.nonFilterableKeys,
  createdAt: row.createdAt?.toISOString() ?? null,
  placement: {
    uid: row.uid,
    version: row.version,
    state: row.state,
    slots: row.slots ?? {},
    ...(row.above && { above: row.above }),
    ...(row.ended && { ended: row.ended }),
  },
});

/** A table that Quiver did not make is this pod's alone, as far as one pod can say. */
export function toServed(row: CollectionRow, { pod, catalogue }: Served): Collection {
  const collection = toCollection(row);
  if (!isFound(collection.placement)) return collection;
  const indexed = toIndexes(row.indexes ?? []).find(({ state }) => state === 'READY');
  return {
    ...collection,
    metric: settingOf(catalogue, row)?.metric ?? indexed?.metric ?? collection.metric,
    placement: { ...collection.placement, slots: { [pod]: [[0, slotCount - 1]] } },
  };
}

export interface Served {
  readonly pod: string;
  readonly catalogue: Catalogue;
}

export interface RecordRow {
  readonly key: string;
  readonly metadata?: StoredRecord['metadata'];
  readonly vector?: Buffer | null | undefined;
}

/** In tables that are not ours the metadata may be no object. */
export const objectOf = (metadata: StoredRecord['metadata']): NonNullable<typeof metadata> =>
  isObject(metadata) ? metadata : {};

/** In tables that are not ours the vector may be null. */
export const toRecord = ({ key, metadata, vector }: RecordRow): StoredRecord => ({
  key,
  metadata: metadata === undefined ? undefined : objectOf(metadata),
  vector: vector ? readVector(vector) : undefined,
});

export interface ScannedRow extends RecordRow {
  /** The values of an order that is not by the key alone. */
  readonly position?: readonly OrderValue[];
}

export const toScanned = (row: ScannedRow): ScannedRecord => ({
  ...toRecord(row),
  position: { key: row.key, values: row.position ?? [] },
});

export interface BucketRow {
  readonly name: string;
  readonly collectionCount: number;
  readonly createdAt: Date | null;
}

export const toBucket = (row: BucketRow): Bucket => ({
  ...row,
  createdAt: row.createdAt?.toISOString() ?? null,
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
  const metric = keyOf(metricWords, word);
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
