import type { Filter, JsonObject } from '../schema/filter.ts';
import type { ElementType, Metric } from '../schema/metric.ts';
import type { Placement, SlotSet } from '../schema/placement.ts';
import type { Call } from './call.ts';
import type { PodReport } from './report.ts';
import type { ScanOrder, ScanPosition } from './scan-order.ts';
import type {
  DropIndex,
  IndexSpec,
  Inspection,
  ShardChange,
  ShardChanged,
  ShardInspection,
} from './shards.ts';

export type * from './shards.ts';

/**
 * The one interface of Quiver: records with vectors, in collections, in buckets. A database is one
 * (`PostgresStore`), another subgraph is one (`RemoteStore`), and so is any of the wrappers that
 * make one store out of several (`ShardedStore`).
 *
 * Whoever calls has checked the input (the resolvers do). Errors come from the catalogue in
 * `schema/errors.ts`; every method may fail with POD_UNAVAILABLE or DEADLINE_EXCEEDED, those that
 * name a collection with COLLECTION_NOT_FOUND.
 */
export interface VectorStore {
  /** What is known of a collection, in whatever state, or null. May be remembered unless `fresh`. */
  describe(
    ref: CollectionRef,
    call: Call,
    options?: { fresh: boolean },
  ): Promise<Collection | null>;
  /** The nearest records of the shards that answered in time; rejects only if the request is wrong. */
  search(query: SearchQuery, call: Call): Promise<SearchAnswer>;
  /** One slot a key, in the order asked: the record, null when there is none, or why it is unknown. */
  fetch(query: FetchQuery, call: Call): Promise<readonly (StoredRecord | null | Error)[]>;
  /** The records after a position, in the order asked. */
  scan(query: ScanQuery, call: Call): Promise<ScanPage>;
  count(query: CountQuery, call: Call): Promise<number>;

  upsert(write: UpsertWrite, call: Call): Promise<number>;
  /** Counts the records that were there. */
  updateMetadata(write: MetadataWrite, call: Call): Promise<number>;
  delete(write: DeleteWrite, call: Call): Promise<number>;

  listCollections(query: CollectionsQuery, call: Call): Promise<CollectionPage>;
  /** One answer a collection, in the order asked; each has one row a shard. */
  inspect(
    refs: readonly CollectionRef[],
    what: Inspection,
    call: Call,
  ): Promise<readonly (readonly ShardInspection[])[]>;
  /** How far the shards are: one answer a collection, in the order asked, of one row a shard. */
  changes(refs: readonly ShardsRef[], call: Call): Promise<readonly (readonly ShardChanged[])[]>;
  /** Counts the writes to a table that Quiver did not make, or no more. */
  watch(ref: CollectionRef, on: boolean, call: Call): Promise<void>;
  /**
   * Creates the collection, or this store's part of it. With `placement` (from a gateway) one step
   * of a creation over several pods: 'creating' makes table and row, 'active' ends it. `created` is
   * whether this call was the one that ended it.
   */
  createCollection(
    spec: CollectionSpec,
    placement: Placement | null,
    call: Call,
  ): Promise<{ collection: Collection; created: boolean }>;
  /** Leaves a tombstone. With `placement` only that collection, not a later one of the same name. */
  deleteCollection(ref: CollectionRef, placement: Placement | null, call: Call): Promise<boolean>;
  createIndex(spec: IndexSpec, call: Call): Promise<void>;
  dropIndex(query: DropIndex, call: Call): Promise<boolean>;

  listBuckets(prefix: string, call: Call): Promise<readonly Bucket[]>;
  createBucket(name: string, call: Call): Promise<Bucket>;
  deleteBucket(name: string, call: Call): Promise<boolean>;

  pods(call: Call): Promise<readonly Pod[]>;
  /** What each pod says of itself, for those who run them; a pod that says nothing is a row too. */
  report(call: Call): Promise<readonly PodReport[]>;
  close(): Promise<void>;
}

export interface CollectionRef {
  readonly bucket: string;
  readonly collection: string;
}

/** The shards of a collection. */
export interface ShardsRef extends CollectionRef {
  /** Only those that one of these may be on, as far as that can be told; all when left out. */
  readonly keys?: readonly string[];
}

export interface Collection extends CollectionRef {
  readonly dimension: number;
  /** Its own metric: the default of searches. */
  readonly metric: Metric;
  readonly elementType: ElementType;
  readonly nonFilterableKeys: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string | null;
  readonly placement: Placement;
}

/** What of a record is wanted; the key always is. */
export interface Selection {
  readonly metadata: 'none' | 'all' | readonly string[];
  readonly vector: boolean;
}

export interface StoredRecord {
  readonly key: string;
  /** undefined when it was not selected. */
  readonly metadata?: JsonObject | undefined;
  readonly vector?: Float32Array | undefined;
}

export type SearchMode = 'AUTO' | 'INDEX' | 'EXACT';
export type Plan = 'EXACT' | 'HNSW' | 'IVFFLAT';
/** Why a shard scanned exactly. */
export const exactReasons = [
  'ASKED',
  'SMALL_TABLE',
  'NO_INDEX',
  'FEW_MATCHES',
  'INDEX_FELL_SHORT',
] as const;
export type ExactReason = (typeof exactReasons)[number];

export interface SearchQuery extends CollectionRef {
  readonly vector: Float32Array;
  readonly metric: Metric;
  readonly limit: number;
  readonly filter: Filter | null;
  /** A key that is left out of the matches: the record whose vector is searched by. */
  readonly exclude: string | null;
  /** Only records whose keys are in each of these; of all keys when left out. */
  readonly slots?: readonly SlotSet[];
  readonly select: Selection;
  readonly mode: SearchMode;
  readonly efSearch: number | null;
  readonly probes: number | null;
  /** Whether each shard says what its change was: of the same moment as its matches. */
  readonly changes: boolean;
  /** Whether a hot cache may answer it, and keep the answer. */
  readonly cache: boolean;
}

export interface Match extends StoredRecord {
  /** Finite, never -0. */
  readonly distance: number;
}

export interface SearchAnswer {
  /** Ordered by (distance, key bytes); at most `limit`. */
  readonly matches: readonly Match[];
  readonly hasMore: boolean;
  /** One entry a shard that was asked. */
  readonly shards: readonly ShardReport[];
  /** Of the placement that the shards searched under; 0 when none answered. */
  readonly placementVersion: number;
  /** undefined: no cache was asked. */
  readonly cache?: CacheStatus;
}

export type CacheOutcome = 'HIT' | 'MISS' | 'COALESCED' | 'BYPASS';

export interface CacheStatus {
  readonly outcome: CacheOutcome;
  /** Since the answer was found; null where it was found for this search. */
  readonly ageMs: number | null;
}

export type ShardReport = ShardProfile | ShardFailure;

export interface ShardProfile {
  readonly pod: string;
  readonly plan: Plan;
  /** null when an index answered. */
  readonly exactReason: ExactReason | null;
  readonly tookMs: number;
  readonly rowCount: number;
  /** The shard may hold nearer rows than it could give. */
  readonly truncated: boolean;
  readonly attempts: number;
  readonly hedged: boolean;
  /** null: it was not asked for, or nobody counts. */
  readonly change: ShardChange | null;
}

export interface ShardFailure {
  readonly pod: string;
  readonly error: Error;
}

export interface FetchQuery extends CollectionRef {
  readonly keys: readonly string[];
  readonly select: Selection;
}

export interface ScanQuery extends CollectionRef {
  readonly filter: Filter | null;
  readonly limit: number;
  readonly orderBy: readonly ScanOrder[];
  /** The position of the last record of the page before, in the same order. */
  readonly after: ScanPosition | null;
  readonly segment: { readonly index: number; readonly of: number };
  readonly select: Selection;
}

export interface ScanPage {
  readonly records: readonly ScannedRecord[];
  readonly hasMore: boolean;
}

export interface ScannedRecord extends StoredRecord {
  readonly position: ScanPosition;
}

export interface CountQuery extends CollectionRef {
  readonly filter: Filter | null;
}

/** `version` is that of the placement the caller acts on; null: whatever the store has. */
interface Fenced extends CollectionRef {
  readonly version: number | null;
}

export interface NewRecord {
  readonly key: string;
  readonly vector: Float32Array;
  readonly metadata: JsonObject;
}

export interface UpsertWrite extends Fenced {
  readonly records: readonly NewRecord[];
}

export interface MetadataWrite extends Fenced {
  readonly keys: readonly string[];
  readonly set: JsonObject;
  readonly unset: readonly string[];
  /** Judge the change and write nothing: a gateway asks all pods this before any of them writes. */
  readonly dryRun: boolean;
}

export interface DeleteWrite extends Fenced {
  readonly target: { readonly keys: readonly string[] } | { readonly filter: Filter };
}

export interface CollectionsQuery {
  /** null: of every bucket. */
  readonly bucket: string | null;
  readonly prefix: string;
  readonly limit: number;
  readonly after: CollectionRef | null;
  /** Whether tombstones and unfinished creations are listed too: between gateways and pods. */
  readonly everyState: boolean;
}

export interface CollectionPage {
  /** Ordered by (bucket, name) bytes. */
  readonly collections: readonly Collection[];
  readonly hasMore: boolean;
  /** Pods that could not be asked: what they alone hold is missing. */
  readonly pods: readonly { readonly pod: string; readonly error: Error | null }[];
}

export interface CollectionSpec extends CollectionRef {
  readonly dimension: number;
  readonly metric: Metric;
  readonly elementType: ElementType;
  readonly nonFilterableKeys: readonly string[];
  /** null: every pod. */
  readonly pods: readonly string[] | null;
  readonly ifNotExists: boolean;
}

export interface Bucket {
  readonly name: string;
  readonly collectionCount: number | null;
  readonly createdAt: string | null;
}

export interface Pod {
  readonly name: string;
  readonly healthy: boolean;
  readonly postgres: string | null;
  readonly pgvector: string | null;
  readonly collectionCount: number | null;
}
