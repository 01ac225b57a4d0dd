import { slotCount } from '../../schema/key.ts';
import { foundUid, type Placement } from '../../schema/placement.ts';
import type { Collection, CollectionRef } from '../../subgraphs/store.ts';
import { idOf } from './known.ts';
import type { Row } from './settle.ts';

/** The only pods on which tables without a placement are looked for; null: all of them. */
export type HomeOf = (ref: CollectionRef) => readonly string[] | null;

export function createHomes(
  collections: readonly (CollectionRef & { readonly pods: readonly string[] | null })[],
): HomeOf {
  const homes = new Map(collections.map((entry) => [idOf(entry), entry.pods]));
  return (ref) => homes.get(idOf(ref)) ?? null;
}

/**
 * Tables of one name that Quiver did not make, as one collection. On one pod, and when every other
 * has said that it has none, it is that pod's. Else nobody knows where a key belongs: each of the
 * pods, also a silent one, may hold any.
 */
export function joinFound(
  rows: readonly Row[],
  silent: readonly string[],
): { readonly collection: Collection; readonly dispute: string | null } {
  const sorted = rows.toSorted((a, b) => (a.pod < b.pod ? -1 : 1));
  const pods = [...sorted.map(({ pod }) => pod), ...silent].sort();
  const ranges = pods.length === 1 ? [[0, slotCount - 1] as const] : [];
  const placement: Placement = {
    uid: foundUid,
    version: 0,
    state: 'active',
    slots: Object.fromEntries(pods.map((pod) => [pod, ranges])),
  };
  const { collection } = sorted[0]!;
  return { collection: { ...collection, placement }, dispute: differenceOn(sorted) };
}

/** In what the pods' tables differ so that no vector suits them all; null: in nothing. */
export const differenceOn = (rows: readonly Row[]): string | null =>
  differing(rows, 'dimension', ({ dimension }) => String(dimension)) ??
  differing(rows, 'element type', ({ elementType }) => elementType);

function differing(
  rows: readonly Row[],
  what: string,
  of: (collection: Collection) => string,
): string | null {
  const pods = new Map<string, string[]>();
  for (const { pod, collection } of rows) {
    const value = of(collection);
    pods.set(value, [...(pods.get(value) ?? []), pod]);
  }
  if (pods.size < 2) return null;
  const places = [...pods].map(([value, names]) => `${value} on ${names.join(', ')}`);
  return `has the ${what} ${places.join(' and ')}`;
}
