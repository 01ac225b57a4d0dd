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

/** Whether a pod's item of a key counts. It costs a hash, so it is asked about few. */
type Counts = (pod: string, key: string) => boolean;

interface Near extends Keyed {
  readonly distance: number;
}

/**
 * The `limit` nearest matches over all pods, nearest first; of a key from two pods the nearer, or of
 * two at one distance that which counts.
 *
 * Equal distances are ordered by key, so the same query gives the same page whichever pod answers
 * first. A sort is enough: each pod gives at most `limit`, and `limit` is capped. Distances are
 * finite here.
 */
export function mergeNearest<T extends Near>(
  parts: readonly Part<T>[],
  limit: number,
  counts: Counts,
): Merged<T> {
  const matches = eachOnce(
    parts,
    (item, other, pod) =>
      item.distance < other.distance || (item.distance === other.distance && counts(pod, item.key)),
  );
  matches.sort((a, b) => a.distance - b.distance || compareBytes(a.key, b.key));
  return firstOf(parts, matches, limit);
}

/**
 * Whether the page has a match that does not count, from a copy on another pod than the key's owner,
 * as while slots move. Then copies may have pushed others out of a pod's answer; a page without any
 * is whole, for what was pushed out is farther than all of it.
 */
export function hasCopies<T extends Keyed>(
  page: readonly T[],
  parts: readonly Part<T>[],
  counts: Counts,
): boolean {
  const shown = new Set(page);
  return parts.some(({ pod, items }) =>
    items.some((item) => shown.has(item) && !counts(pod, item.key)),
  );
}

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
  counts: Counts,
  order: (a: T, b: T) => number,
): Merged<T> & { readonly end: T | undefined } {
  const [end] = parts.flatMap((part) => part.end ?? []).sort(order);
  const all = eachOnce(parts, ({ key }, _, pod) => counts(pod, key)).sort(order);
  const items = end ? all.filter((item) => order(item, end) <= 0) : all;
  return { ...firstOf(parts, items, limit), end };
}

const firstOf = <T>(parts: readonly Part<T>[], items: readonly T[], limit: number): Merged<T> => ({
  items: items.slice(0, limit),
  hasMore: items.length > limit || parts.some((part) => part.hasMore),
});

/** The items of all pods, of each key the first or one that came later and is better. */
function eachOnce<T extends Keyed>(
  parts: readonly Part<T>[],
  isBetter: (item: T, other: T, pod: string) => boolean,
): T[] {
  if (parts.length === 1) return [...parts[0]!.items];
  const byKey = new Map<string, T>();
  for (const { pod, items } of parts) {
    for (const item of items) {
      const other = byKey.get(item.key);
      if (other === undefined || isBetter(item, other, pod)) byKey.set(item.key, item);
    }
  }
  return [...byKey.values()];
}
