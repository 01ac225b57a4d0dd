import { setTimeout as sleep } from 'node:timers/promises';
import { during } from '../store-calls.ts';
import { look } from './look.ts';
import type { Clear, Operation, Write } from './operation.ts';
import { collectionCount } from './plan.ts';
import { createShelf, type Shelf } from './shelf.ts';
import { createTally, type Tally } from './tally.ts';
import { make, write } from './write.ts';
import type { World } from './world.ts';

/**
 * Carries out a plan, by several workers who take up operation after operation, and holds every
 * answer against the model. Throws what is wrong first. The plan can be repeated; which operations
 * meet each other, and where, is up to the machine.
 */
export async function carryOut(
  plan: readonly Operation[],
  world: World,
  { workerCount }: { readonly workerCount: number },
): Promise<Tally> {
  const tally = createTally();
  const shelves = Array.from({ length: collectionCount }, (_, i) =>
    createShelf({ bucket: world.bucket, collection: `shelf_${i}` }),
  );
  for (const shelf of shelves) await make(shelf, world, tally);

  const left = plan.entries();
  let wrong: Error | undefined;
  async function work(): Promise<void> {
    for (const [number, operation] of left) {
      if (wrong) return;
      await sleep(operation.pauseMs);
      await perform(operation, shelves, world, tally).catch((error: unknown) => {
        wrong ??= new Error(`Operation ${number}: ${String(error)}`, { cause: error });
      });
    }
  }
  await Promise.all(Array.from({ length: workerCount }, work));
  if (wrong) throw wrong;
  return tally;
}

async function perform(
  operation: Operation,
  shelves: readonly Shelf[],
  world: World,
  tally: Tally,
): Promise<void> {
  switch (operation.kind) {
    case 'look':
      return look(operation, shelves[operation.collection]!, world, tally);
    case 'write':
      return writeAndLook(operation, shelves[operation.collection]!, world, tally);
    case 'clear':
      return clear(operation, shelves[operation.collection]!, world, tally);
    default:
      return world.storm(operation, (from, to) => {
        for (const { model } of shelves) model.forgotten(from, to);
      });
  }
}

/** At the very moment from which on it has to be seen. */
async function writeAndLook(
  operation: Write,
  shelf: Shelf,
  world: World,
  tally: Tally,
): Promise<void> {
  const shownFrom = await write(operation, shelf, world, tally);
  if (shownFrom === null) return;
  while (performance.now() < shownFrom) await sleep(Math.ceil(shownFrom - performance.now()));
  await Promise.all(operation.after.map((next) => look(next, shelf, world, tally)));
}

async function clear(
  { gateway }: Clear,
  { ref, model }: Shelf,
  world: World,
  tally: Tally,
): Promise<void> {
  const { store } = world.gateways[gateway]!;
  const from = performance.now();
  const cleared = during((call) => store.clear(ref, call)).then(() => true);
  if (await tally.allowed(cleared)) model.cleared(from, performance.now());
}
