import type { Metric } from '../metric.ts';

/** What of somebody's SDL goes on into ours as it came. */
export interface Described {
  readonly description: string | null;
  /** Of federation and the like, printed. */
  readonly directives: readonly string[];
}

/** A type of somebody's SDL that is a collection: what all fields and resolvers are made from. */
export interface TypedCollection extends Described {
  /** "Doc". */
  readonly type: string;
  /** The field of one record, "doc", and that of many, "docs". */
  readonly one: string;
  readonly many: string;
  readonly bucket: string;
  readonly collection: string;
  readonly dimension: number;
  /** null: not declared. */
  readonly metric: Metric | null;
  /** What stands on the field `id: ID!`, which is the record's key. */
  readonly id: Described;
  /** All but `id`. */
  readonly fields: readonly TypedField[];
  readonly place: Place;
}

export interface TypedField extends Described {
  readonly name: string;
  /** The metadata key that it is read from; a real column's name where the table has one. */
  readonly key: string;
  /** `key` was named by @column. */
  readonly isColumn: boolean;
  readonly type: FieldType;
  readonly place: Place;
}

export const fieldScalars = ['Int', 'Float', 'Boolean', 'String', 'ID', 'DateTime'] as const;
export type FieldScalar = (typeof fieldScalars)[number];

export type FieldType = { readonly nonNull: boolean } & (
  | { readonly kind: 'scalar'; readonly scalar: FieldScalar }
  | { readonly kind: 'list'; readonly of: FieldType }
  /** An object inside of the metadata; `name` is its type's, "Author". */
  | { readonly kind: 'object'; readonly name: string }
);

/** A type without @collection that fields of collections have. */
export interface NestedType extends Described {
  readonly name: string;
  readonly fields: readonly TypedField[];
  readonly place: Place;
}

/** All of somebody's SDL files, checked. */
export interface TypedCollections {
  readonly collections: readonly TypedCollection[];
  readonly nested: readonly NestedType[];
}

/** Where in which file. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export const noTypedCollections: TypedCollections = { collections: [], nested: [] };
