import { createRedisClient, type RedisClient } from '../../gateway/cache/redis-client.ts';
import type { RedisRequest, RedisTierOptions } from '../../gateway/cache/redis-tier.ts';
import { onRedis } from '../support/databases.ts';
import { startOwnRedis, type OwnRedis } from '../support/own-redis.ts';
import { openTier, ref, type OpenTier } from '../support/redis-tier.ts';
import { startProxy, type Weather } from '../support/tcp-proxy.ts';

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

const seen = { placementVersion: 1, changes: new Map([['pod-a', { table: 't', count: 1 }]]) };
const bytes = Buffer.from('1');
const impatient: Partial<RedisTierOptions> = { readMsMax: () => 50, writeMsMax: 50 };

async function ownRedis(...more: readonly string[]): Promise<OwnRedis> {
  const redis = await startOwnRedis(...more);
  open.push(redis);
  return redis;
}

/** An entry and its floors are there. */
async function filledTier(port: number, options = impatient): Promise<OpenTier> {
  const tier = openTier(`redis://127.0.0.1:${port}`, options);
  open.push(tier);
  await tier.connected();
  expect(await tier.raise(ref, seen)).toBe(true);
  expect(await tier.write(ref, 'key', bytes)).toBe(true);
  return tier;
}

/** Whatever is wrong, nothing rejects and everything comes to an end. */
async function expectNothing(tier: OpenTier): Promise<void> {
  expect(await tier.read(ref, 'key')).toBeNull();
  expect(await tier.write(ref, 'key', bytes)).toBe(false);
  expect(await tier.raise(ref, seen)).toBe(false);
  expect(await tier.lease(ref, 'key', 1_000)).toBeNull();
}

/** Searches and writers come to ask for nothing, each in their own time. */
async function expectRest(tier: OpenTier): Promise<void> {
  const asks = ({ command, went }: RedisRequest): boolean =>
    command !== 'probe' && went !== 'resting';
  let before = 0;
  do {
    before = tier.requests.length;
    expect(await tier.read(ref, 'key')).toBeNull();
    expect(await tier.raise(ref, seen)).toBe(false);
  } while (tier.requests.slice(before).some(asks));

  expect(tier.isResting).toBe(true);
  await expectNothing(tier);
}

const isProbe =
  (went: RedisRequest['went']) =>
  (request: RedisRequest): boolean =>
    request.command === 'probe' && request.went === went;

async function expectReturn(tier: OpenTier): Promise<void> {
  await tier.until(isProbe('well'));
  await tier.connected();
  // Writers come back in their own time.
  while (!(await tier.raise(ref, seen))) await pause();

  expect(tier.isResting).toBe(false);
  expect(await tier.write(ref, 'key', bytes)).toBe(true);
  expect(await tier.read(ref, 'key')).toMatchObject({ bytes });
}

onRedis('killed, it is left alone, and is back when it is restarted, empty', async () => {
  const redis = await ownRedis();
  const tier = await filledTier(redis.port);
  await redis.kill();
  const before = tier.requests.length;
  await expectNothing(tier);
  // At once: nothing waits in a queue for a connection.
  expect(tier.requests.slice(before).filter(({ went }) => went === 'late')).toEqual([]);
  await expectRest(tier);

  await tier.until(isProbe('lost'));
  await redis.restart();
  await tier.until(isProbe('well'));
  await tier.connected();
  expect(await tier.read(ref, 'key')).toEqual({ bytes: null, floors: null });
  await expectReturn(tier);
});

onRedis('frozen, it is late, then left alone, and back when it goes on', async () => {
  const redis = await ownRedis();
  const tier = await filledTier(redis.port);
  redis.freeze();
  const before = tier.requests.length;
  await expectNothing(tier);
  expect(tier.requests[before]).toMatchObject({ command: 'read', went: 'late' });
  await expectRest(tier);

  redis.thaw();
  await expectReturn(tier);
});

onRedis('frozen for long, it loses its connections, and is back when it goes on', async () => {
  const redis = await ownRedis();
  const tier = await filledTier(redis.port);
  redis.freeze();
  await expectRest(tier);
  await tier.until(isProbe('lost'));

  redis.thaw();
  await expectReturn(tier);
});

onRedis('full, it is read and not written, and that is no reason to rest', async () => {
  const redis = await ownRedis('--maxmemory-policy', 'noeviction');
  const tier = await filledTier(redis.port);
  await redis.command('config', 'set', 'maxmemory', '1');
  for (let i = 0; i < 20; i++) {
    expect(await tier.write(ref, 'key', bytes)).toBe(false);
    expect(await tier.raise(ref, seen)).toBe(false);
    expect(await tier.lease(ref, 'key', 1_000)).toBeNull();
    expect(await tier.read(ref, 'key')).toMatchObject({ bytes, floors: { placementVersion: 1 } });
  }
  expect(tier.isResting).toBe(false);

  await redis.command('config', 'set', 'maxmemory', '0');
  expect(await tier.raise(ref, seen)).toBe(true);
});

const weathers: readonly (readonly [string, Weather])[] = [
  ['slow', { kind: 'slow', delayMs: 300 }],
  ['silent', { kind: 'silent' }],
  ['cut off', { kind: 'cut' }],
  ['speaking another protocol', { kind: 'garbage', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' }],
  ['giving answers to another question', { kind: 'garbage', bytes: '$1\r\n1\r\n' }],
  ['giving more answers than questions', { kind: 'garbage', bytes: '+OK\r\n:1\r\n*0\r\n' }],
];

describe.each(weathers)('%s', (_, weather) => {
  onRedis('it is left alone, and back when the weather clears', async () => {
    const redis = await ownRedis();
    const proxy = await startProxy(redis.port);
    open.push(proxy);
    const tier = await filledTier(proxy.port);
    proxy.make(weather);
    while (!tier.isResting) {
      expect(await tier.read(ref, 'key')).toBeNull();
      expect(await tier.raise(ref, seen)).toBe(false);
    }
    await expectRest(tier);

    proxy.make({ kind: 'clear' });
    await expectReturn(tier);
  });

  onRedis('from the beginning, it is no failure of the tier', async () => {
    const redis = await ownRedis();
    const proxy = await startProxy(redis.port);
    open.push(proxy);
    proxy.make(weather);
    const tier = openTier(`redis://127.0.0.1:${proxy.port}`, impatient);
    open.push(tier);
    expect(await tier.read(ref, 'key')).toBeNull();
    await expectRest(tier);

    proxy.make({ kind: 'clear' });
    await expectReturn(tier);
  });
});

onRedis('too slow for searches, it is left alone by them, and writers go on', async () => {
  const redis = await ownRedis();
  const proxy = await startProxy(redis.port);
  open.push(proxy);
  const tier = await filledTier(proxy.port, { readMsMax: () => 50, writeMsMax: 5_000 });
  proxy.make({ kind: 'slow', delayMs: 300 });
  while (!tier.isResting) expect(await tier.read(ref, 'key')).toBeNull();

  await tier.until(({ command }) => command === 'probe');
  expect(tier.requests.filter(isProbe('well'))).toEqual([]);
  expect(tier.isResting).toBe(true);
  expect(await tier.raise(ref, seen)).toBe(true);
  expect(await tier.read(ref, 'key')).toBeNull();

  proxy.make({ kind: 'clear' });
  await expectReturn(tier);
});

onRedis('closed, a tier asks for nothing more', async () => {
  const redis = await ownRedis();
  const tier = await filledTier(redis.port);
  tier.close();

  await expectNothing(tier);
});

onRedis(
  'a connection that is gone is told of once, and why, however often it is tried again',
  async () => {
    const redis = await ownRedis();
    const told: string[] = [];
    const client = createRedisClient(`redis://127.0.0.1:${redis.port}`, {
      onLost: (reason) => void told.push(`lost: ${reason}`),
      onBack: () => void told.push('back'),
    });
    open.push(client);
    const answered = async (): Promise<void> => {
      while (!(await answers(client))) await pause();
    };

    await answered();
    await redis.kill();
    for (let tries = 0; tries < 5; tries++) {
      expect(await answers(client)).toBe(false);
      await pause();
    }
    await redis.restart();
    await answered();

    expect(told).toEqual([expect.stringMatching(/^lost: .*ECONN/), 'back']);
  },
);

const answers = (client: RedisClient): Promise<boolean> =>
  client.ping().then(
    () => true,
    () => false,
  );

/** Longer than the first tries of a connection are apart. */
const pause = (): Promise<void> => new Promise((again) => setTimeout(again, 120));
