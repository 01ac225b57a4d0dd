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
  firstOf(
    parts,
    withoutCopies(parts, ownerOf).sort(
      (a, b) => a.distance - b.distance || compareBytes(a.key, b.key),
    ),
    limit,
  );

/** What one pod gave of a scan. */
export interface OrderedPart<T> extends Part<T> {
  /** The last that it gave, if it has more: they are behind this. */
  readonly end: T | undefined;
}

/**
 * The first `limit` records over all pods, in the order that each gave its own in.
 *
 * Nothing behind the first `end` is among them, so there may be fewer though there are more: when
 * copies that do not count were left out.
 */
export function mergeInOrder<T extends Keyed>(
  parts: readonly OrderedPart<T>[],
  limit: number,
  ownerOf: OwnerOf,
  order: (a: T, b: T) => number,
): Merged<T> & { readonly end: T | undefined } {
  const [end] = parts.flatMap((part) => part.end ?? []).sort(order);
  const all = withoutCopies(parts, ownerOf).sort(order);
  const items = end ? all.filter((item) => order(item, end) <= 0) : all;
  return { ...firstOf(parts, items, limit), end };
}

const firstOf = <T>(parts: readonly Part<T>[], items: readonly T[], limit: number): Merged<T> => ({
  items: items.slice(0, limit),
  hasMore: items.length > limit || parts.some((part) => part.hasMore),
});

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
