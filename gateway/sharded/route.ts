import type { Known } from './placements.ts';

/** What one pod gets of an operation on keys; `positions` are those of the items in the request. */
export interface Leg<T> {
  readonly name: string;
  readonly items: readonly T[];
  readonly positions: readonly number[];
}

/** Which pods an operation on keys goes to, decided once: each item to the pod that owns its key. */
export function routeByKey<T>(
  { ownerOf }: Known,
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly Leg<T>[] {
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
