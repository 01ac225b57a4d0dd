import { membersOf, type PlacementState } from '../../schema/placement.ts';
import type { Collection } from '../../subgraphs/store.ts';

/** What one pod has under a collection's name. */
export interface Row {
  readonly pod: string;
  readonly collection: Collection;
}

export interface Settled {
  /** What stands under the name, in whatever state; null when no pod knows it. */
  readonly collection: Collection | null;
  /** Parts of what is gone: their pods were down when the rest was deleted. */
  readonly superseded: readonly Row[];
}

/** What several pods' rows of one name mean together. */
export function settle(rows: readonly Row[]): Settled {
  const standing = rows.filter((row) => !rows.some((other) => supersedes(other, row)));
  const candidates = [...byUid(standing).values()].map(unite).sort(byWeight);
  return {
    collection: candidates[0] ?? null,
    superseded: rows.filter((row) => stateOf(row) !== 'dropped' && !standing.includes(row)),
  };
}

/**
 * A member of `row`'s own placement has moved on: it dropped the collection, or holds a later one,
 * which it takes only after the earlier was dropped. What other pods hold under the name proves
 * nothing: they may never have heard of this collection.
 */
function supersedes(other: Row, row: Row): boolean {
  const mine = row.collection.placement;
  const theirs = other.collection.placement;
  if (mine.state === 'dropped' || !(other.pod in mine.slots)) return false;
  return mine.uid === theirs.uid ? theirs.state === 'dropped' : theirs.version > mine.version;
}

/**
 * The rows of one collection as one. A creation activates its members in reverse order, so the
 * first member's row is what decides; only while that pod is silent do the others speak for it.
 */
function unite(rows: readonly Row[]): Collection {
  const newest = rows.reduce((a, b) => (versionOf(b) > versionOf(a) ? b : a));
  const { placement } = newest.collection;
  const [first] = membersOf(placement);
  const undecided = rows.some((row) => row.pod === first && stateOf(row) === 'creating');
  const active = rows.some((row) => stateOf(row) === 'active') && !undecided;
  const state = placement.state === 'dropped' ? 'dropped' : active ? 'active' : 'creating';
  return { ...newest.collection, placement: { ...placement, state } };
}

/** What lives before what does not; then the newest, and the same one on every gateway. */
const byWeight = ({ placement: a }: Collection, { placement: b }: Collection): number =>
  weights[b.state] - weights[a.state] || b.version - a.version || (a.uid < b.uid ? -1 : 1);

const weights: Readonly<Record<PlacementState, number>> = { active: 2, creating: 1, dropped: 0 };

const stateOf = (row: Row): PlacementState => row.collection.placement.state;
const versionOf = (row: Row): number => row.collection.placement.version;

function byUid(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const { uid } = row.collection.placement;
    groups.set(uid, [...(groups.get(uid) ?? []), row]);
  }
  return groups;
}
