import { compareBytes } from '../schema/key.ts';

/** What one pod gave. */
export interface Part<T> {
  readonly pod: string;
  readonly items: readonly T[];
  /** The pod has more behind these. */
  readonly hasMore: boolean;
}

export interface Merged<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

interface Keyed {
  readonly key: string;
}

/** The pod that owns a key. It is asked only about keys that came from two pods. */
type OwnerOf = (key: string) => string;

/**
 * The `limit` nearest matches over all pods, nearest first.
 *
 * Equal distances are ordered by key, so the same query gives the same page whichever pod answers
 * first. A sort is enough: each pod gives at most `limit`, and `limit` is capped. Distances are
 * finite here.
 */
export const mergeNearest = <T extends Keyed & { readonly distance: number }>(
  parts: readonly Part<T>[],
  limit: number,
  ownerOf: OwnerOf,
): Merged<T> =>
  merge(parts, limit, ownerOf, (a, b) => a.distance - b.distance || compareBytes(a.key, b.key));

/** The first `limit` records over all pods, in byte order of the keys. */
export const mergeByKey = <T extends Keyed>(
  parts: readonly Part<T>[],
  limit: number,
  ownerOf: OwnerOf,
): Merged<T> => merge(parts, limit, ownerOf, (a, b) => compareBytes(a.key, b.key));

function merge<T extends Keyed>(
  parts: readonly Part<T>[],
  limit: number,
  ownerOf: OwnerOf,
  order: (a: T, b: T) => number,
): Merged<T> {
  const items = withoutCopies(parts, ownerOf).sort(order);
  return {
    items: items.slice(0, limit),
    hasMore: items.length > limit || parts.some((part) => part.hasMore),
  };
}

/** While slots move, two pods may hold the same key: the owner's record is the one that counts. */
function withoutCopies<T extends Keyed>(parts: readonly Part<T>[], ownerOf: OwnerOf): T[] {
  if (parts.length === 1) return [...parts[0]!.items];
  const byKey = new Map<string, T>();
  for (const { pod, items } of parts) {
    for (const item of items) {
      if (!byKey.has(item.key) || ownerOf(item.key) === pod) byKey.set(item.key, item);
    }
  }
  return [...byKey.values()];
}
