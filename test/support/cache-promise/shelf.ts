import type { CollectionRef } from '../../../subgraphs/store.ts';
import { createModel, type Model, type State } from './model.ts';
import type { Change } from './operation.ts';
import { slotsPerCollection } from './plan.ts';

/** A collection that is being tried, with the slots for its keys, and what it must look like. */
export interface Shelf {
  readonly ref: CollectionRef;
  readonly model: Model;
  nextVersion(): number;
  /** The keys that are in the slots now. */
  keysIn(slots: readonly number[]): readonly string[];
  /** Nobody knows what became of them: others take their places. */
  retire(keys: readonly string[]): void;
  /** One writer a slot at a time; all slots or none, so that nobody waits in a ring. */
  alone<T>(slots: readonly number[], work: () => Promise<T>): Promise<T>;
}

export function createShelf(ref: CollectionRef): Shelf {
  const model = createModel();
  const keys = allSlots.map(String);
  /** When the last who wants a slot has left it. */
  const tails = allSlots.map((): Promise<void> => Promise.resolve());
  let version = 0;
  return {
    ref,
    model,
    nextVersion: () => ++version,
    keysIn: (slots) => slots.map((slot) => keys[slot]!),
    retire(gone) {
      model.retire(gone);
      keys.forEach((key, slot) => {
        if (gone.includes(key)) keys[slot] = `${slot}-${++version}`;
      });
    },
    async alone(slots, work) {
      const before = Promise.all(slots.map((slot) => tails[slot]!));
      const working = before.then(work);
      const left = working.then(
        () => undefined,
        () => undefined,
      );
      for (const slot of slots) tails[slot] = left;
      return working;
    },
  };
}

/** Where a change can reach. */
export function slotsOf(change: Change): readonly number[] {
  switch (change.kind) {
    case 'put':
      return change.records.map(({ slot }) => slot);
    case 'label':
    case 'remove':
      return change.slots;
    default:
      return allSlots;
  }
}

/** What a change makes of the records that it reaches, on a shelf where nobody else writes them. */
export function statesAfter(change: Change, shelf: Shelf): Map<string, State | null> {
  const version = shelf.nextVersion();
  const keys = shelf.keysIn(slotsOf(change));
  const states = new Map<string, State | null>();
  keys.forEach((key, i) => {
    const last = shelf.model.last(key);
    if (change.kind === 'put') {
      const { rank, group } = change.records[i]!;
      states.set(key, { version, at: rank + version / versionsMax, group });
    } else if (change.kind === 'label') {
      states.set(key, last && { ...last, version, group: change.group });
    } else if (change.kind !== 'removeGroup' || last?.group === change.group) {
      states.set(key, null);
    }
  });
  return states;
}

/** The place of a record tells its version: with this many, places are exact in 32 bits. */
const versionsMax = 2 ** 16;

const allSlots = Array.from({ length: slotsPerCollection }, (_, slot) => slot);
