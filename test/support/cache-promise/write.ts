import { setTimeout as sleep } from 'node:timers/promises';
import { slotOf } from '../../../schema/key.ts';
import { ownersOf, spreadSlots } from '../../../schema/placement.ts';
import { during } from '../store-calls.ts';
import { podNames } from '../subjects.ts';
import { changeBehind, changeThrough, specOf } from './changes.ts';
import { unseenMs } from './model.ts';
import type { Write } from './operation.ts';
import { slotsOf, statesAfter, type Shelf } from './shelf.ts';
import type { Tally } from './tally.ts';
import type { World } from './world.ts';

/** The moment from which on every search has to show the write; null: nobody can tell. */
export const write = (operation: Write, shelf: Shelf, world: World, tally: Tally) =>
  shelf.alone(slotsOf(operation.change), () =>
    isThrough(operation)
      ? writeThrough(operation, shelf, world, tally)
      : writeBehind(operation, shelf, world),
  );

/** However often it takes. */
export async function make({ ref }: Shelf, world: World, tally: Tally): Promise<void> {
  const gateway = world.gateways[0]!;
  const create = () =>
    gateway.run((store, call) => store.createCollection(specOf(ref), null, call));
  while (!(await tally.allowed(create()))) await sleep(20);
}

type WriteThrough = Write & { readonly gateway: number };

const isThrough = (operation: Write): operation is WriteThrough => operation.gateway !== null;

async function writeThrough(
  { gateway, change, timeoutMs }: WriteThrough,
  shelf: Shelf,
  world: World,
  tally: Tally,
): Promise<number | null> {
  const states = statesAfter(change, shelf);
  const { store } = world.gateways[gateway]!;
  const acknowledge = shelf.model.begin(states, performance.now());
  const written = await tally.allowed(
    during((call) => changeThrough(store, shelf.ref, { change, states }, call), timeoutMs),
  );
  const shownFrom = performance.now();
  if (written !== null) acknowledge({ shownFrom, byFloors: true });
  if (change.kind === 'replace') await make(shelf, world, tally);
  if (written === null) await retire([...states.keys()], shelf, world);
  return written === null ? null : shownFrom;
}

async function writeBehind(
  { change, rolledBack }: Write,
  shelf: Shelf,
  { databases }: World,
): Promise<number> {
  const states = statesAfter(change, shelf);
  const pod = 'pod' in change ? change.pod : podOf([...states.keys()][0]!);
  for (const key of states.keys()) if (podOf(key) !== pod) states.delete(key);
  const commit = rolledBack ? undefined : shelf.model.begin(states, performance.now());
  const work = during((call) =>
    databases[pod]!.transaction(async (query) => {
      await changeBehind(query, shelf.ref, { change, states });
      if (rolledBack) throw regret;
    }, call),
  );
  await work.catch((error: unknown) => {
    if (error !== regret) throw error;
  });
  const shownFrom = performance.now() + unseenMs;
  commit?.({ shownFrom, byFloors: false });
  return shownFrom;
}

const regret = new Error('rolled back');

/** Their records, if there are any, must not stand in the way of those that are known. */
async function retire(keys: readonly string[], shelf: Shelf, { databases }: World): Promise<void> {
  shelf.retire(keys);
  const change = { kind: 'remove', slots: [] } as const;
  const states = new Map(keys.map((key) => [key, null]));
  for (const database of databases) {
    await during((call) =>
      database.transaction((query) => changeBehind(query, shelf.ref, { change, states }), call),
    );
  }
}

const owners = ownersOf({ slots: spreadSlots(podNames) });
const podOf = (key: string): number => podNames.findIndex((name) => name === owners[slotOf(key)]);
