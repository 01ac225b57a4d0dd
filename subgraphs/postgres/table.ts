import type { CollectionRef } from '../store.ts';
import { tableOf } from './sql/identifier.ts';

/** A table that is not as `vecs` makes them: its names, unquoted. */
export interface TableMapping {
  readonly schema: string;
  readonly table: string;
  readonly id: string;
  readonly vector: string;
  /** A column of type jsonb. */
  readonly metadata: string | null;
  /** Plain columns that are metadata too. */
  readonly columns: readonly string[];
}

/** Where a collection's records are, as SQL about a table whose alias is `t`. */
export interface Table {
  /** Quoted, with its schema. */
  readonly name: string;
  /** Text; its bytes are the order of records. */
  readonly key: string;
  readonly vector: string;
  /** jsonb, an object. */
  readonly metadata: string;
}

/** A table as `vecs` and Quiver make them. */
export const vecsTable = (ref: CollectionRef): Table => ({
  name: tableOf(ref),
  key: 't.id',
  vector: 't.vec',
  metadata: 't.metadata',
});
