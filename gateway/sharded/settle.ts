import { isDeepStrictEqual } from 'node:util';
import { isFound, membersOf, type PlacementState } from '../../schema/placement.ts';
import type { Collection } from '../../subgraphs/store.ts';
import { differenceOn, joinFound } from './found.ts';

/** What one pod has under a collection's name. */
export interface Row {
  readonly pod: string;
  readonly collection: Collection;
}

/** What rows alone do not say. */
export interface Circumstances {
  /** Pods that did not answer. */
  readonly silent: readonly string[];
  /** The only pods on which a table without a placement counts; null: any. */
  readonly home: readonly string[] | null;
}

export interface Settled {
  /** What stands under the name, in whatever state; null when no pod knows it. */
  readonly collection: Collection | null;
  /** What the pods contradict each other in, for people: the collection must not be used. */
  readonly dispute: string | null;
  /** Parts of what is gone: their pods were down when the rest was deleted. */
  readonly superseded: readonly Row[];
}

/** What several pods' rows of one name mean together. A placement wins over tables without one. */
export function settle(
  rows: readonly Row[],
  { silent, home }: Circumstances = { silent: [], home: null },
): Settled {
  const placed = rows.filter((row) => !isFound(row.collection.placement));
  const standing = placed.filter((row) => !placed.some((other) => supersedes(other, row)));
  const groups = [...byUid(standing).values()];
  const superseded = placed.filter((row) => stateOf(row) !== 'dropped' && !standing.includes(row));

  const collection = groups.map(unite).sort(byWeight)[0] ?? null;
  if (collection?.placement.state === 'active') {
    return { collection, superseded, dispute: disputeOf(groups) };
  }
  const allowed = (pod: string): boolean => home === null || home.includes(pod);
  const found = rows.filter((row) => !placed.includes(row) && allowed(row.pod));
  if (found.length === 0) return { collection, superseded, dispute: null };
  return { ...joinFound(found, silent.filter(allowed)), superseded };
}

/**
 * A member of `row`'s own placement says that the collection has ended there. What other pods hold
 * under the name proves nothing, nor does a later collection of a member that knows of no end: it
 * may have lost its disk.
 */
function supersedes(other: Row, row: Row): boolean {
  const mine = row.collection.placement;
  const theirs = other.collection.placement;
  if (mine.state === 'dropped' || !(other.pod in mine.slots)) return false;
  if (mine.uid === theirs.uid) return theirs.state === 'dropped';
  // Rows of older versions do not tell.
  return theirs.ended ? theirs.ended.includes(mine.uid) : theirs.version > mine.version;
}

/**
 * The rows of one collection as one. A creation activates its members in reverse order, so the
 * first member's row is what decides; only while that pod is silent do the others speak for it.
 */
function unite(rows: readonly Row[]): Collection {
  const newest = newestOf(rows);
  const { placement } = newest.collection;
  const [first] = membersOf(placement);
  const undecided = rows.some((row) => row.pod === first && stateOf(row) === 'creating');
  const active = rows.some((row) => stateOf(row) === 'active') && !undecided;
  const state = placement.state === 'dropped' ? 'dropped' : active ? 'active' : 'creating';
  const ended = rows.flatMap((row) => row.collection.placement.ended ?? []);
  const inUse = rows.some((row) => stateOf(row) === 'active' || row.collection.placement.inUse);
  return {
    ...newest.collection,
    placement: {
      ...placement,
      state,
      ...(state === 'creating' && inUse && { inUse }),
      ...(placement.ended && { ended: [...new Set(ended)] }),
    },
  };
}

/** Two collections in use under one name, or copies of one placement that are not the same. */
function disputeOf(groups: readonly (readonly Row[])[]): string | null {
  const active = groups.filter((rows) => unite(rows).placement.state === 'active');
  if (active.length > 1) {
    const holders = active.map((rows) => rows.map(({ pod }) => pod).join(', '));
    return `is another collection on each of ${holders.join(' and ')}`;
  }
  const rows = active[0] ?? [];
  const latest = rows.filter((row) => versionOf(row) === versionOf(newestOf(rows)));
  const [first] = latest;
  const other = latest.find(
    ({ collection }) =>
      !isDeepStrictEqual(collection.placement.slots, first!.collection.placement.slots),
  );
  if (first && other) return `has other slots on ${first.pod} than on ${other.pod}`;
  return differenceOn(latest);
}

/** What lives before what does not; then the newest, and the same one on every gateway. */
const byWeight = ({ placement: a }: Collection, { placement: b }: Collection): number =>
  weights[b.state] - weights[a.state] || b.version - a.version || (a.uid < b.uid ? -1 : 1);

const weights: Readonly<Record<PlacementState, number>> = { active: 2, creating: 1, dropped: 0 };

const stateOf = (row: Row): PlacementState => row.collection.placement.state;
const versionOf = (row: Row): number => row.collection.placement.version;

const newestOf = (rows: readonly Row[]): Row =>
  rows.reduce((a, b) => (versionOf(b) > versionOf(a) ? b : a));

function byUid(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const { uid } = row.collection.placement;
    groups.set(uid, [...(groups.get(uid) ?? []), row]);
  }
  return groups;
}
