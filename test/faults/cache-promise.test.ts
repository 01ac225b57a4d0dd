import { randomInt } from 'node:crypto';
import { drawPlan } from '../support/cache-promise/plan.ts';
import { carryOut } from '../support/cache-promise/trial.ts';
import { openLoneWorld, openStormyWorld } from '../support/cache-promise/world.ts';
import { onReal, onRedis, testRedis } from '../support/databases.ts';

// The same numbers draw the same plan again; which operations meet in it is up to the machine.
const seed = Number(process.env['QUIVER_CACHE_SEED'] ?? randomInt(1_000_000));
const operationCount = Number(process.env['QUIVER_CACHE_OPERATIONS'] ?? 5_000);
const promise =
  'no search that begins after a write was acknowledged shows the state before it ' +
  `(QUIVER_CACHE_SEED=${seed} QUIVER_CACHE_OPERATIONS=${operationCount})`;
const timeoutMs = 120_000 + 30 * operationCount;

// A cache that serves nothing keeps every promise. A third of the searches are hits and a twentieth
// are coalesced, but on a machine that runs ten other things few polls come in time for any.
const hitsMin = 0.02;
const coalescedMin = 0.002;

const onServices = testRedis() === null ? onRedis : onReal;

onServices(`with several gateways that lose what is behind them, ${promise}`, several, timeoutMs);
test(`with one gateway without a Redis, ${promise}`, one, timeoutMs);

async function several(): Promise<void> {
  const plan = drawPlan({ seed, operationCount, gatewayCount: 3, stormy: true });
  const world = await openStormyWorld(3);
  try {
    const { answered, share } = await carryOut(plan, world, { workerCount: 16 });
    expect(answered).toBeGreaterThan(0.7 * plan.length);
    expect(share('HIT')).toBeGreaterThan(hitsMin);
    expect(share('COALESCED')).toBeGreaterThan(coalescedMin);
  } finally {
    await world.close();
  }
}

async function one(): Promise<void> {
  const options = { seed, operationCount: operationCount / 10, gatewayCount: 1 };
  const plan = drawPlan({ ...options, stormy: false });
  const world = await openLoneWorld();
  try {
    const { answered, share } = await carryOut(plan, world, { workerCount: 8 });
    expect(answered).toBeGreaterThan(0.7 * plan.length);
    expect(share('HIT')).toBeGreaterThan(hitsMin);
    expect(share('COALESCED')).toBeGreaterThan(coalescedMin);
  } finally {
    await world.close();
  }
}
