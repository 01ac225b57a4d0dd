import { Redis } from 'ioredis';
import { createPatience } from '../../gateway/cache/patience.ts';
import type { RedisRequest } from '../../gateway/cache/redis-tier.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';
import {
  openCaches,
  type CachedGateway,
  type Caches,
  type CachesOptions,
} from '../support/caches.ts';
import { onRedis } from '../support/databases.ts';
import { hit, hotIn, keysOf, madeIn, until } from '../support/hot-searches.ts';
import { line } from '../support/store-calls.ts';
import { startOwnRedis, type OwnRedis } from '../support/own-redis.ts';
import { startProxy, type Weather } from '../support/tcp-proxy.ts';

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

interface Place {
  readonly caches: Caches;
  readonly gateway: CachedGateway;
  readonly redis: OwnRedis;
  readonly proxy: Awaited<ReturnType<typeof startProxy>>;
  readonly ref: CollectionRef;
}

interface Heated extends Pick<CachesOptions, 'patience'> {
  /** For the Redis. */
  readonly args?: readonly string[];
}

/** A gateway with a Redis of its own, and a search that it answers from the cache. */
async function heated({ args = [], ...more }: Heated = {}): Promise<Place> {
  const redis = await startOwnRedis(...args);
  open.push(redis);
  const proxy = await startProxy(redis.port);
  open.push(proxy);
  const caches = await openCaches({
    ...more,
    count: 1,
    redis: [`redis://127.0.0.1:${proxy.port}`],
  });
  open.push(caches);
  const gateway = caches.gateways[0]!;
  const ref = await madeIn(caches, 'docs', line(20));
  await hit(gateway, hotIn(ref));
  return { caches, gateway, redis, proxy, ref };
}

/** No search fails, each shows the last write, and a write is acknowledged. */
async function expectService({ gateway, ref }: Place, first: number): Promise<void> {
  for (let n = first; n < first + 4; n++) {
    await gateway.run((store, call) =>
      store.delete({ ...ref, target: { keys: [String(n)] }, version: null }, call),
    );
    const keys = [n + 1, n + 2, n + 3].map(String);
    for (let i = 0; i < 5; i++) expect(keysOf(await gateway.search(hotIn(ref)))).toEqual(keys);
  }
}

const outcomesOf = ({ requests }: CachedGateway): readonly RedisRequest['went'][] =>
  requests.map((request) => request.went);

const failures: readonly (readonly [
  string,
  (place: Place) => unknown,
  (place: Place) => unknown,
])[] = [
  ['killed', ({ redis }) => redis.kill(), ({ redis }) => redis.restart()],
  ['frozen', ({ redis }) => redis.freeze(), ({ redis }) => redis.thaw()],
  ...(
    [
      ['slow', { kind: 'slow', delayMs: 200 }],
      ['silent', { kind: 'silent' }],
      ['cut off', { kind: 'cut' }],
      ['speaking another protocol', { kind: 'garbage', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' }],
      ['answering with what nobody asked for', { kind: 'garbage', bytes: '$1\r\n1\r\n' }],
    ] satisfies [string, Weather][]
  ).map(
    ([name, weather]) =>
      [
        name,
        ({ proxy }: Place) => proxy.make(weather),
        ({ proxy }: Place) => proxy.make({ kind: 'clear' }),
      ] as const,
  ),
];

describe.each(failures)('while Redis is %s', (_, begin, end) => {
  onRedis('searches and writes go on, and hits come back by themselves', async () => {
    const place = await heated();
    const { gateway, ref } = place;
    await begin(place);
    await expectService(place, 0);
    await until(async () => {
      await gateway.search(hotIn(ref));
      return gateway.store.isRedisResting === true;
    });
    expect(outcomesOf(gateway)).toContain('resting');
    await expectService(place, 4);

    await end(place);
    await until(() => gateway.store.isRedisResting === false);
    expect(keysOf(await hit(gateway, hotIn(ref)))).toEqual(['8', '9', '10']);
  });
});

onRedis('too slow for searches, Redis is left alone by them, and writers use it', async () => {
  const patience = { ...createPatience(), readMsMax: 5 };
  const place = await heated({ patience: () => patience });
  const { gateway, proxy, ref } = place;
  proxy.make({ kind: 'slow', delayMs: 20 });
  const before = gateway.requests.length;
  await until(async () => {
    await gateway.search(hotIn(ref));
    return gateway.requests.at(-1)!.went === 'resting';
  });
  await expectService(place, 0);

  const raises = gateway.requests.slice(before).filter(({ command }) => command === 'raise');
  expect(raises.length).toBeGreaterThanOrEqual(4);
  expect(raises.some(({ went }) => went === 'well')).toBe(true);
  proxy.make({ kind: 'clear' });
  expect(keysOf(await hit(gateway, hotIn(ref)))).toEqual(['4', '5', '6']);
});

onRedis('restarted empty, Redis is filled again, and nothing older is shown', async () => {
  const place = await heated();
  await place.redis.restart();
  await expectService(place, 0);

  expect(keysOf(await hit(place.gateway, hotIn(place.ref)))).toEqual(['4', '5', '6']);
});

onRedis('full, Redis costs writes their wait, and searches nothing', async () => {
  const place = await heated({ args: ['--maxmemory-policy', 'noeviction'] });
  await place.redis.command('config', 'set', 'maxmemory', '1');
  await expectService(place, 0);
  expect(outcomesOf(place.gateway)).toContain('refused');
  expect(place.gateway.store.isRedisResting).toBe(false);

  await place.redis.command('config', 'set', 'maxmemory', '0');
  expect(keysOf(await hit(place.gateway, hotIn(place.ref)))).toEqual(['4', '5', '6']);
});

const strangers: readonly (readonly [string, (redis: Redis, key: string) => Promise<unknown>])[] = [
  ['text', (redis, key) => redis.set(key, 'mine', 'KEEPTTL')],
  ['an object', (redis, key) => redis.set(key, '{"floors":{"pod-a":[null]}}', 'KEEPTTL')],
  ['another type', (redis, key) => redis.multi().del(key).rpush(key, 'mine').exec()],
  [
    'its first half',
    async (redis, key) => redis.set(key, (await redis.getBuffer(key))!.subarray(0, 40)),
  ],
];

describe.each(strangers)('where our keys hold %s of somebody else', (_, spoil) => {
  onRedis('nothing fails, and nothing older is shown', async () => {
    const place = await heated();
    const redis = new Redis(place.redis.port);
    const spoilAll = async (): Promise<void> => {
      const keys = await redis.keys('*');
      const ours = keys.filter((key) => !key.endsWith(':lease'));
      expect(ours.length).toBeGreaterThan(0);
      for (const key of ours) await spoil(redis, key);
    };
    await spoilAll();
    await expectService(place, 0);
    await spoilAll();
    await expectService(place, 4);

    expect(place.gateway.store.isRedisResting).toBe(false);
    await redis.flushall();
    redis.disconnect();
    expect(keysOf(await hit(place.gateway, hotIn(place.ref)))).toEqual(['8', '9', '10']);
  });
});

onRedis('the entries of one search under the key of another are not served', async () => {
  const place = await heated();
  const { gateway, ref, redis: own } = place;
  const other = hotIn(ref, { vector: Float32Array.of(9, 0) });
  await hit(gateway, other);
  const redis = new Redis(own.port);
  const entries = (await redis.keys('*')).filter((key) => !/:(floors|lease)$/.test(key));
  expect(entries).toHaveLength(2);
  const [first, second] = await Promise.all(entries.map((key) => redis.getBuffer(key)));
  await redis.set(entries[0]!, second!);
  await redis.set(entries[1]!, first!);
  redis.disconnect();

  for (let i = 0; i < 5; i++) {
    expect(keysOf(await gateway.search(hotIn(ref)))).toEqual(['0', '1', '2']);
    expect(keysOf(await gateway.search(other))).toEqual(['8', '7', '9']);
  }
});
