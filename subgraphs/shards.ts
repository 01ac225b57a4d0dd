import type { JsonObject } from '../schema/filter.ts';
import type { IndexMethod, Metric } from '../schema/metric.ts';
import type { CollectionRef } from './store.ts';

/** What of a collection's shards is wanted: each costs a statement. */
export interface Inspection {
  readonly count: boolean;
  readonly bytes: boolean;
  readonly indexes: boolean;
}

export interface ShardInspection {
  readonly pod: string;
  readonly slotCount: number | null;
  /** Why the rest is not known. */
  readonly error: Error | null;
  readonly count: number | null;
  readonly bytes: number | null;
  readonly indexes: readonly ShardIndex[] | null;
}

export type IndexState = 'BUILDING' | 'READY' | 'INVALID';

export interface IndexSpec extends CollectionRef {
  readonly method: IndexMethod;
  readonly metric: Metric;
  readonly m: number | null;
  readonly efConstruction: number | null;
  readonly lists: number | null;
  /** As PostgreSQL writes it, such as "2GB". */
  readonly maintenanceWorkMem: string | null;
  readonly ifNotExists: boolean;
  readonly waitMs: number;
}

export interface DropIndex extends CollectionRef {
  readonly method: IndexMethod;
  /** null: of any metric. */
  readonly metric: Metric | null;
}

export interface ShardIndex {
  readonly name: string;
  readonly method: IndexMethod;
  readonly metric: Metric;
  readonly options: JsonObject;
  readonly state: IndexState;
  readonly percent: number | null;
  readonly bytes: number | null;
}

/**
 * How far a shard's records have come. `count` grows with each transaction that wrote to them, when
 * it commits; counts can be compared where `table`, one incarnation of the table, is the same. Who
 * reads a count after a commit knows that a search which saw as many has seen that commit.
 */
export interface ShardChange {
  readonly table: string;
  readonly count: number;
}

export interface ShardChanged {
  readonly pod: string;
  /** null: nobody counts, or it is not known. */
  readonly change: ShardChange | null;
  /** Why it is not known. */
  readonly error: Error | null;
}
