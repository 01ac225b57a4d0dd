import type { CollectionRef } from '../../subgraphs/store.ts';
import { openCaches, type CachedGateway, type Caches } from '../support/caches.ts';
import { onRedis, testRedis } from '../support/databases.ts';
import { hit, hotIn, madeIn, until } from '../support/hot-searches.ts';
import { startProxy, type Weather } from '../support/tcp-proxy.ts';

const withMetadata = { limit: 1, select: { metadata: 'all', vector: false } } as const;

async function setN(writer: CachedGateway, ref: CollectionRef, n: number): Promise<void> {
  const change = { keys: ['0'], set: { n }, unset: [], dryRun: false, version: null };
  await writer.run((store, call) => store.updateMetadata({ ...ref, ...change }, call));
}

async function shownBy(reader: CachedGateway, ref: CollectionRef): Promise<unknown> {
  const { matches } = await reader.search(hotIn(ref, withMetadata));
  return matches[0]!.metadata;
}

const weathers: readonly (readonly [string, Weather])[] = [
  ['cut off from', { kind: 'cut' }],
  ['not answered by', { kind: 'silent' }],
];

describe.each(weathers)('a gateway that is %s Redis', (_, weather) => {
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let caches: Caches;
  beforeEach(async () => {
    const redis = testRedis();
    if (!redis) return;
    proxy = await startProxy(Number(new URL(redis).port));
    caches = await openCaches({ count: 2, redis: [`redis://127.0.0.1:${proxy.port}`, redis] });
  });
  afterEach(async () => {
    if (!caches) return;
    await caches.close();
    await proxy.close();
  });

  /** The first is cut off; both answer from the cache before. */
  async function cutOff(collection: string) {
    const ref = await madeIn(caches, collection);
    const [lone, other] = caches.gateways;
    for (const gateway of [lone!, other!]) await hit(gateway, hotIn(ref, withMetadata));
    proxy.make(weather);
    return { ref, lone: lone!, other: other! };
  }

  onRedis('writes, and another, which is not, shows it at once', async () => {
    const { ref, lone, other } = await cutOff('written alone');
    for (let n = 100; n < 115; n++) {
      await setN(lone, ref, n);
      expect(await shownBy(other, ref)).toEqual({ n });
      await hit(other, hotIn(ref, withMetadata));
    }
    expect(
      lone.requests.filter(({ command, went }) => command === 'raise' && went === 'well'),
    ).toHaveLength(1);
  });

  onRedis('shows at once what another, which is not, has written', async () => {
    const { ref, lone, other } = await cutOff('read alone');
    for (let n = 100; n < 150; n++) {
      await setN(other, ref, n);
      expect(await shownBy(lone, ref)).toEqual({ n });
    }
    expect(lone.requests.some(({ went }) => went !== 'well')).toBe(true);

    proxy.make({ kind: 'clear' });
    await until(async () => {
      await lone.search(hotIn(ref, withMetadata));
      return lone.store.isRedisResting === false;
    });
    for (let n = 200; n < 210; n++) {
      await setN(other, ref, n);
      expect(await shownBy(lone, ref)).toEqual({ n });
      await hit(lone, hotIn(ref, withMetadata));
    }
  });
});
