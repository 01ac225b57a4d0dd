import { openCaches, type CachedGateway, type Caches } from '../support/caches.ts';
import { onRedis } from '../support/databases.ts';
import { hit, hotIn, keysOf, madeIn, outcomeOf, until } from '../support/hot-searches.ts';
import { line } from '../support/store-calls.ts';

let caches: Caches;
let small: Caches;
beforeAll(async () => {
  caches = await openCaches({ count: 2 });
  small = await openCaches({
    count: 1,
    settings: { maxBytes: 4_000, maxEntryBytes: 1_500, admitAfter: 1 },
  });
});
afterAll(async () => {
  await caches.close();
  await small.close();
});

const vectorAt = (n: number) => ({ vector: Float32Array.of(n, 0) });
/** In the foreground: others write, release and probe behind a search's back. */
const readsOf = ({ requests }: CachedGateway, from: number) =>
  requests.slice(from).filter(({ command }) => command === 'read');

const withVectors = { select: { metadata: 'all', vector: true } } as const;

test('a hit says how old it is, and what is new is no hit', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'aged');

  const first = await gateway!.search(hotIn(ref));
  const second = await hit(gateway!, hotIn(ref));

  expect(first.cache).toEqual({ outcome: 'MISS', ageMs: null });
  expect(second.cache).toEqual({ outcome: 'HIT', ageMs: expect.any(Number) });
  expect(second.cache!.ageMs).toBeGreaterThanOrEqual(0);
});

describe('a hit in memory', () => {
  onRedis('asks Redis for the floors, once', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'remembered');
    await hit(gateway!, hotIn(ref));
    let before = 0;
    await until(async () => {
      before = gateway!.requests.length;
      return outcomeOf(await gateway!.search(hotIn(ref))) === 'HIT';
    });

    expect(readsOf(gateway!, before)).toMatchObject([{ went: 'well' }]);
  });

  test('does not ask the pods, and is what they said', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'repeated');
    const found = await gateway!.search(hotIn(ref, withVectors));
    const kept = await hit(gateway!, hotIn(ref, withVectors));

    expect(kept.matches).toEqual(found.matches);
    expect(kept.hasMore).toBe(found.hasMore);
    expect(kept.placementVersion).toBe(found.placementVersion);
    expect(kept.shards.map(({ pod }) => pod)).toEqual(found.shards.map(({ pod }) => pod));
  });
});

describe('a hit in Redis', () => {
  onRedis('is what another gateway found, in one request, and as old as it is', async () => {
    const [one, other] = caches.gateways;
    const ref = await madeIn(caches, 'common');
    // The other gateway asks the pods how far they are from its first search on that is admitted.
    await hit(other!, hotIn(ref));
    let n = 0;
    await until(async () => {
      const query = hotIn(ref, { ...withVectors, ...vectorAt(++n) });
      const found = await hit(one!, query);
      const foundAt = Date.now() - found.cache!.ageMs!;
      await until(() => Date.now() > foundAt + 20);
      const before = other!.requests.length;
      const read = await other!.search(query);
      expect(read.matches).toEqual(found.matches);
      // The pods may not have said in time how far they are.
      if (outcomeOf(read) === 'MISS') return false;

      expect(read.cache).toMatchObject({ outcome: 'HIT' });
      expect(read.cache!.ageMs).toBeGreaterThanOrEqual(20);
      expect(readsOf(other!, before)).toMatchObject([{ went: 'well' }]);
      return true;
    });

    expect(other!.store.memory.entries).toBe(2);
  });
});

describe('memory', () => {
  test('holds so many bytes and no more', async () => {
    const [gateway] = small.gateways;
    const ref = await madeIn(small, 'bounded');
    for (let n = 0; n < 20; n++) await gateway!.search(hotIn(ref, vectorAt(n)));

    expect(gateway!.fills).toEqual(Array(20).fill('admitted'));
    expect(gateway!.store.memory.bytes).toBeGreaterThan(1_500);
    expect(gateway!.store.memory.bytes).toBeLessThanOrEqual(4_000);
    expect(gateway!.store.memory.entries).toBeLessThan(5);
  });

  test('refuses what is too large, once, and the rest is kept', async () => {
    const [gateway] = small.gateways;
    const ref = await madeIn(small, 'large', line(60));
    const before = gateway!.fills.length;
    const large = hotIn(ref, { limit: 50 });
    for (let i = 0; i < 5; i++) {
      expect(outcomeOf(await gateway!.search(large))).toBe('MISS');
    }

    expect(gateway!.fills.slice(before)).toEqual(['refused']);
    expect(keysOf(await hit(gateway!, hotIn(ref, vectorAt(1))))).toEqual(['0', '1', '2']);
  });
});

test('an answer is kept for its time to live and no longer, by every gateway', async () => {
  const short = await openCaches({ count: 2, settings: { ttlMs: 300 } });
  try {
    const ref = await madeIn(short, 'short');
    const ages: number[] = [];
    const end = performance.now() + 1_500;
    await until(async () => {
      for (const gateway of short.gateways) {
        const { outcome, ageMs } = (await gateway.search(hotIn(ref))).cache!;
        if (outcome === 'HIT') ages.push(ageMs!);
      }
      return performance.now() > end;
    });

    expect(ages.length).toBeGreaterThan(0);
    expect(Math.max(...ages)).toBeLessThan(1_000);
  } finally {
    await short.close();
  }
});

test('an answer belongs to the one who got it: what is changed in it nobody else sees', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'spoilt');
  const spoil = async (): Promise<unknown> => {
    const { matches } = await gateway!.search(hotIn(ref, withVectors));
    const before = structuredClone(matches);
    for (const { metadata, vector } of matches) {
      Object.assign(metadata!, { n: -1 });
      vector!.fill(-1);
    }
    (matches as unknown[]).reverse();
    return before;
  };
  const first = await spoil();
  for (let i = 0; i < 5; i++) expect(await spoil()).toEqual(first);

  expect((await hit(gateway!, hotIn(ref, withVectors))).matches).toEqual(first);
});
