import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import {
  floorsText,
  isAtLeast,
  isOutdated,
  otherTableMs,
  raised,
  type Floors,
  type Seen,
} from '../../gateway/cache/floors.ts';
import { collectionTag } from '../../gateway/cache/key.ts';
import { onRedis, testRedis } from '../support/databases.ts';
import { openTier, ref, type OpenTier } from '../support/redis-tier.ts';

const open: OpenTier[] = [];

async function connectedTier(different: Parameters<typeof openTier>[1] = {}): Promise<OpenTier> {
  const tier = openTier(testRedis()!, different);
  open.push(tier);
  await tier.connected();
  return tier;
}

afterEach(() => {
  for (const tier of open.splice(0)) tier.close();
});

/** What Redis itself says. */
async function asking<T>(ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(testRedis()!);
  return ask(redis).finally(() => redis.disconnect());
}

const seen: Seen = {
  placementVersion: 1,
  changes: new Map([
    ['pod-a', { table: 't', count: 3 }],
    ['pod "b"', { table: 't', count: 12_345_678_901_234 }],
  ]),
};

describe('a read', () => {
  onRedis('of nothing is a miss, and its floors are missing', async () => {
    const tier = await connectedTier();

    expect(await tier.read(ref, 'key')).toEqual({ bytes: null, floors: null });
  });

  onRedis('gives entry and floors as they were written, in one command', async () => {
    const tier = await connectedTier();
    const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));

    expect(await tier.write(ref, 'key', bytes)).toBe(true);
    expect(await tier.raise(ref, seen)).toBe(true);
    const before = tier.requests.length;
    const read = await tier.read(ref, 'key');

    expect(read?.bytes).toEqual(bytes);
    expect(isAtLeast(seen, read!.floors)).toBe(true);
    expect(tier.requests.slice(before)).toMatchObject([{ command: 'read', went: 'well' }]);
    expect(await tier.read(ref, null)).toEqual({ ...read, bytes: null });
  });

  onRedis('whose answer came while this process was busy is not late', async () => {
    const tier = await connectedTier({ readMsMax: () => 20 });
    const reading = tier.read(ref, 'key');
    await turn();
    const busyUntil = performance.now() + 200;
    while (performance.now() < busyUntil);

    expect(await reading).not.toBeNull();
  });

  onRedis('sees what another gateway wrote, and nothing of another collection', async () => {
    const one = await connectedTier();
    const other = await connectedTier({ prefix: one.prefix });
    await one.write(ref, 'key', Buffer.from('1'));

    expect((await other.read(ref, 'key'))?.bytes).toEqual(Buffer.from('1'));
    expect((await other.read({ ...ref, bucket: 'else' }, 'key'))?.bytes).toBeNull();
  });
});

describe('lifetimes', () => {
  onRedis('are of all that is written, and that of floors is the longer one', async () => {
    const tier = await connectedTier({ ttlMs: 600_000 });
    await tier.raise(ref, seen);
    await tier.write(ref, 'key', Buffer.from('1'));
    await tier.lease(ref, 'key', 5_000);
    const keyOf = (name: string): string => `${tier.prefix}${collectionTag(ref)}:${name}`;
    const [entry = 0, floors = 0, lease = 0] = await asking((redis) =>
      Promise.all(['key', 'floors', 'key:lease'].map((name) => redis.pttl(keyOf(name)))),
    );

    expect(entry).toBeGreaterThan(500_000);
    expect(entry).toBeLessThanOrEqual(600_000);
    expect(floors).toBeGreaterThan(1_190_000);
    expect(floors).toBeLessThanOrEqual(1_200_000);
    expect(lease).toBeGreaterThan(0);
    expect(lease).toBeLessThanOrEqual(5_000);
  });

  onRedis('of the floors of what was dropped end soon', async () => {
    const tier = await connectedTier();
    await tier.raise(ref, seen);
    await tier.raise(ref, { placementVersion: 2, changes: new Map() });
    const floors = await asking((redis) =>
      redis.pttl(`${tier.prefix}${collectionTag(ref)}:floors`),
    );

    expect(floors).toBeGreaterThan(0);
    expect(floors).toBeLessThanOrEqual(otherTableMs);
  });
});

describe('a raise', () => {
  const changes = fc.uniqueArray(
    fc.tuple(
      fc.constantFrom('a', 'b', '__proto__'),
      fc.record({ table: fc.constantFrom('t', 'u'), count: fc.nat(9) }),
    ),
    { selector: ([pod]) => pod, maxLength: 3 },
  );
  const raises = fc.array(
    fc.record({
      placementVersion: fc.constantFrom(1, 1, 1, 2),
      changes: changes.map((entries) => new Map(entries)),
    }),
    { minLength: 1, maxLength: 6 },
  );

  onRedis('does in Redis what it does here', async () => {
    const tier = await connectedTier();
    let runs = 0;
    const check = async (all: readonly Seen[]): Promise<void> => {
      const own = { ...ref, bucket: `run ${runs++}` };
      let expected: Floors | null = null;
      for (const raise of all) {
        const isTold = !expected || !isOutdated(raise, expected);
        expect(await tier.raise(own, raise)).toBe(isTold);
        expected = raised(expected, raise, 0);
      }

      expect(floorsText((await tier.read(own, null))!.floors)).toBe(floorsText(expected));
    };
    await fc.assert(fc.asyncProperty(raises, check), { numRuns: 200 });
  });

  onRedis('lets the floor of another table go when it has been silent for long', async () => {
    const tier = await connectedTier();
    const of = (table: string): Seen => ({
      placementVersion: 1,
      changes: new Map([['pod-a', { table, count: 1 }]]),
    });
    await tier.raise(ref, of('t'));
    await tier.raise(ref, of('u'));
    const before = (await tier.read(ref, 'key'))!.floors;
    const key = `${tier.prefix}${collectionTag(ref)}:floors`;
    await asking(async (redis) => {
      const floors = JSON.parse((await redis.get(key))!);
      floors.floors['pod-a'][0].raisedAtMs -= otherTableMs;
      await redis.set(key, JSON.stringify(floors));
    });
    await tier.raise(ref, of('u'));

    expect(before!.floors.get('pod-a')).toHaveLength(2);
    expect((await tier.read(ref, 'key'))!.floors!.floors.get('pod-a')).toMatchObject([
      { table: 'u', count: 1 },
    ]);
  });

  onRedis('of many at once keeps the highest', async () => {
    const { prefix } = await connectedTier();
    const tiers = await Promise.all([1, 2, 3].map(() => connectedTier({ prefix })));
    const counts = Array.from({ length: 60 }, (_, i) => (i * 37) % 60);
    await Promise.all(
      counts.map((count, i) =>
        tiers[i % 3]!.raise(ref, {
          placementVersion: 1,
          changes: new Map([['pod-a', { table: 't', count }]]),
        }),
      ),
    );

    expect((await tiers[0]!.read(ref, 'key'))!.floors!.floors.get('pod-a')).toMatchObject([
      { table: 't', count: 59 },
    ]);
  });
});

onRedis('a lease has one winner, until it ends', async () => {
  const tier = await connectedTier();
  const outcomes = await Promise.all([1, 2, 3].map(() => tier.lease(ref, 'key', 60_000)));

  expect(outcomes).toEqual(['won', 'taken', 'taken']);
  expect(await tier.lease(ref, 'other', 60_000)).toBe('won');
});

onRedis('an entry that is too large is not written', async () => {
  const tier = await connectedTier({ entryBytesMax: 10 });

  expect(await tier.write(ref, 'key', Buffer.alloc(11))).toBe(false);
  expect(await tier.write(ref, 'key', Buffer.alloc(10))).toBe(true);
});

onRedis('what has the wrong type is an outcome, and no reason to rest', async () => {
  const tier = await connectedTier();
  await asking(async (redis) => {
    const key = `${tier.prefix}${collectionTag(ref)}:floors`;
    await redis.rpush(key, 'mine');
    await redis.expire(key, 60);
  });
  for (let i = 0; i < 20; i++) expect(await tier.raise(ref, seen)).toBe(false);

  expect(await tier.read(ref, 'key')).toEqual({ bytes: null, floors: null });
  expect(tier.isResting).toBe(false);
});
