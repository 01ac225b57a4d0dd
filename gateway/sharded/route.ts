import { errors } from '../../schema/errors.ts';
import type { Known } from './known.ts';

/** What one pod gets of an operation on keys; `positions` are those of the items in the request. */
export interface Leg<T> {
  readonly name: string;
  readonly items: readonly T[];
  readonly positions: readonly number[];
}

/**
 * Which pods an operation on keys goes to, decided once: each item to the pod that owns its key.
 * Throws where keys have no owners.
 */
export function routeByKey<T>(
  { ownerOf, hashed, collection, members }: Known,
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly Leg<T>[] {
  if (!hashed) {
    throw errors.collectionUnplaced(
      collection,
      members.map(({ name }) => name),
    );
  }
  const legs = new Map<string, { name: string; items: T[]; positions: number[] }>();
  items.forEach((item, position) => {
    const name = ownerOf(keyOf(item));
    const leg = legs.get(name) ?? { name, items: [], positions: [] };
    leg.items.push(item);
    leg.positions.push(position);
    legs.set(name, leg);
  });
  return [...legs.values()];
}

/** Refuses keys that a larger gateway gave to another of its pods: it would not find them here. */
export function requireOwn<T>(
  { regions }: Known,
  write: {
    readonly items: readonly T[];
    readonly keyOf: (item: T) => string;
    readonly argument: (i: number) => string;
  },
): void {
  for (const { pod, ownerOf } of regions) {
    const owners = write.items.map((item) => ownerOf(write.keyOf(item)));
    const foreign = owners.findIndex((owner) => owner !== pod);
    if (foreign !== -1) throw errors.keyElsewhere(write.argument(foreign), pod, owners[foreign]!);
  }
}

/** Where keys may be read: with their owners, or where they have none on every member. */
export function routeReads(known: Known, keys: readonly string[]): readonly Leg<string>[] {
  if (known.hashed) return routeByKey(known, keys, (key) => key);
  const positions = keys.map((_, position) => position);
  return known.members.map(({ name }) => ({ name, items: keys, positions }));
}
