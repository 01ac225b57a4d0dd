/** JSON as it stands in metadata. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export type Scalar = string | number | boolean | null;

/** A checked filter. `path` is the way down from the metadata's root; keys are literal. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'eq' | 'ne'; readonly path: Path; readonly value: Json }
  | {
      readonly kind: 'lt' | 'lte' | 'gt' | 'gte';
      readonly path: Path;
      readonly value: string | number;
    }
  /** The text at `path` is like a pattern of SQL, or begins with `value`. */
  | {
      readonly kind: 'like' | 'ilike' | 'startsWith';
      readonly path: Path;
      readonly value: string;
    }
  | { readonly kind: 'in' | 'nin'; readonly path: Path; readonly values: readonly Scalar[] }
  | { readonly kind: 'exists'; readonly path: Path; readonly value: boolean }
  /** What is at `path`, or one element of the list there, matches `part`, whose own path is empty. */
  | { readonly kind: 'any'; readonly path: Path; readonly part: Filter }
  /** The list at `path` has all, or at least one, of `values`. */
  | {
      readonly kind: 'contains' | 'containsAny';
      readonly path: Path;
      readonly values: readonly Scalar[];
    };

export type Path = readonly string[];
