import type { ElementType, Metric } from '../schema/metric.ts';
import type { Placement } from '../schema/placement.ts';
import type { CollectionRef, ShardIndex } from './store.ts';

/** What one pod says of itself and of the tables it could serve: `quiver doctor` compares them. */
export interface PodReport {
  readonly pod: string;
  /** Why nothing else is known. */
  readonly error: Error | null;
  readonly facts: PodFacts | null;
}

export interface PodFacts {
  readonly postgres: string;
  readonly pgvector: string | null;
  /** The database's clock, in milliseconds since 1970. */
  readonly clockAt: number;
  /** How long the question took: the clock is known no better than this. */
  readonly clockTookMs: number;
  readonly role: string;
  /** Whether the role may create schemas, and so collections. */
  readonly canCreate: boolean;
  /** The schema that holds pgvector, in SQL, where the role may not use it. */
  readonly closedSchema: string | null;
  /** By PostgreSQL's names, such as maintenance_work_mem, in its own units as text. */
  readonly settings: Readonly<Record<string, string>>;
  readonly tables: readonly TableFacts[];
}

/** A table that is served, or that cannot be for the reason that is its problem. */
export interface TableFacts extends CollectionRef {
  /** Its name in SQL. */
  readonly table: string;
  /** What an index on the keys must be on, in SQL. */
  readonly key: string;
  readonly dimension: number | null;
  readonly elementType: ElementType | null;
  /** null: nothing but its indexes tells. */
  readonly metric: Metric | null;
  readonly rowsEstimate: number;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  /** Pages in key order cost an index scan and not a sort. */
  readonly keysOrdered: boolean;
  readonly indexes: readonly ShardIndex[];
  /** Also of one that is dropped, whose table is gone; null: Quiver did not make it. */
  readonly placement: Placement | null;
  /** What is wrong with it, in one sentence for people. */
  readonly problem: string | null;
}
