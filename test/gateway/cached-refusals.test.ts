import type { ShardReport } from '../../subgraphs/store.ts';
import { openCaches, type Caches } from '../support/caches.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { hit, hotIn, keysOf, madeIn, outcomeOf } from '../support/hot-searches.ts';
import { codeFrom, line } from '../support/store-calls.ts';

let pods: FaultyPods;
let caches: Caches;
let isTruncated = false;

/** As a shard says that had no time to look at everything. */
const truncated = (shard: ShardReport): ShardReport =>
  'error' in shard ? shard : { ...shard, truncated: true };

beforeAll(async () => {
  pods = await openFaultyPods();
  caches = await openCaches({
    count: 1,
    wrap: (inner) => {
      const store = pods.gateway();
      return {
        ...store,
        close: () => inner.close(),
        async search(query, call) {
          const answer = await store.search(query, call);
          return isTruncated ? { ...answer, shards: answer.shards.map(truncated) } : answer;
        },
      };
    },
  });
});
afterEach(() => {
  pods.repair();
  isTruncated = false;
});
afterAll(async () => {
  await caches.close();
  await pods.close();
});

describe('what is never kept', () => {
  test('is the answer of some of the pods; when all are back, it is cached', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'partial', line(30));
    const whole = await gateway!.search(hotIn(ref, { limit: 30 }));
    pods.b.break({ kind: 'down' });
    const before = gateway!.fills.length;
    for (let i = 0; i < 5; i++) {
      const partial = await gateway!.search(hotIn(ref, { limit: 30 }));
      expect(outcomeOf(partial)).toBe('MISS');
      expect(partial.matches.length).toBeLessThan(30);
    }
    expect(gateway!.fills.slice(before)).toEqual(Array(5).fill('refused'));

    pods.repair();
    const kept = await hit(gateway!, hotIn(ref, { limit: 30 }));
    expect(kept.matches).toEqual(whole.matches);
  });

  test('is an answer that was cut short', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'truncated');
    isTruncated = true;
    const before = gateway!.fills.length;
    for (let i = 0; i < 5; i++) expect(outcomeOf(await gateway!.search(hotIn(ref)))).toBe('MISS');
    expect(gateway!.fills.slice(before)).toEqual(Array(4).fill('refused'));

    isTruncated = false;
    await hit(gateway!, hotIn(ref));
  });

  test('is an error', async () => {
    const [gateway] = caches.gateways;
    const ref = { bucket: caches.bucket, collection: 'absent' };
    const before = gateway!.fills.length;
    for (let i = 0; i < 3; i++) {
      expect(await codeFrom(gateway!.search(hotIn(ref)))).toBe('COLLECTION_NOT_FOUND');
    }
    const made = await madeIn(caches, 'absent');

    expect(gateway!.fills).toHaveLength(before);
    expect(keysOf(await gateway!.search(hotIn(made)))).toEqual(['0', '1', '2']);
  });

  test('is the answer of who wants no cache, who is given nothing from it either', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'bypassed');
    const direct = hotIn(ref, { cache: false });
    const before = [gateway!.fills.length, gateway!.requests.length];
    for (let i = 0; i < 5; i++) expect((await gateway!.search(direct)).cache).toBeUndefined();
    expect([gateway!.fills.length, gateway!.requests.length]).toEqual(before);
    expect(gateway!.outcomes.slice(-5)).toEqual(Array(5).fill('BYPASS'));

    expect(outcomeOf(await gateway!.search(hotIn(ref)))).toBe('MISS');
    await hit(gateway!, hotIn(ref));
    expect((await gateway!.search(direct)).cache).toBeUndefined();
  });
});

test('while a pod does not say how far it is, nothing is served, and what is there is right', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'silent', line(30));
  await hit(gateway!, hotIn(ref, { limit: 30 }));
  pods.c.break({ kind: 'fails', method: 'changes', after: 0 });
  const end = performance.now() + 101;
  let answer = await gateway!.search(hotIn(ref, { limit: 30 }));
  while (performance.now() < end) answer = await gateway!.search(hotIn(ref, { limit: 30 }));
  for (let i = 0; i < 5; i++) {
    answer = await gateway!.search(hotIn(ref, { limit: 30 }));
    expect(outcomeOf(answer)).toBe('MISS');
  }
  expect(answer.matches).toHaveLength(30);

  pods.repair();
  await hit(gateway!, hotIn(ref, { limit: 30 }));
});

describe('a write that fails', () => {
  const withoutZero = async (): Promise<string[]> => {
    const [gateway] = caches.gateways;
    return keysOf(
      await gateway!.search({ ...hotIn({ bucket: caches.bucket, collection: 'part' }) }),
    );
  };

  test('in part, is shown as far as it went', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'part', line(30));
    await hit(gateway!, hotIn(ref));
    pods.b.break({ kind: 'fails', method: 'delete', after: 0 });
    const filter = { kind: 'lt', path: ['n'], value: 20 } as const;
    const write = gateway!.run((store, call) =>
      store.delete({ ...ref, target: { filter }, version: null }, call),
    );
    expect(await codeFrom(write)).toBe('PARTIAL_WRITE');

    const direct = await gateway!.search(hotIn(ref, { cache: false }));
    expect(await withoutZero()).toEqual(keysOf(direct));
    pods.repair();
  });

  test.each(['a', 'b', 'c'] as const)(
    'with an unknown outcome on pod %s is shown, if it happened',
    async (pod) => {
      const [gateway] = caches.gateways;
      const ref = await madeIn(caches, `unknown ${pod}`, line(30));
      await hit(gateway!, hotIn(ref));
      pods[pod].break({ kind: 'losesAnswers' });
      const target = { keys: line(30).map(({ key }) => key) };
      await codeFrom(
        gateway!.run((store, call) => store.delete({ ...ref, target, version: null }, call)),
      );
      const cached = await gateway!.search(hotIn(ref));
      expect(keysOf(cached)).toEqual([]);
      pods.repair();

      expect(keysOf(await gateway!.search(hotIn(ref)))).toEqual([]);
    },
  );
});

test.each([1, 2, 3])('a search is admitted when it is seen %i times', async (admitAfter) => {
  const own = await openCaches({ count: 1, settings: { admitAfter } });
  try {
    const [gateway] = own.gateways;
    const ref = await madeIn(own, 'admitted');
    for (let seen = 1; seen < admitAfter; seen++) {
      expect(outcomeOf(await gateway!.search(hotIn(ref)))).toBe('MISS');
      expect(gateway!.fills).toEqual([]);
      expect(gateway!.store.memory.entries).toBe(0);
    }
    await gateway!.search(hotIn(ref));

    expect(gateway!.fills).toEqual(['admitted']);
    await hit(gateway!, hotIn(ref));
  } finally {
    await own.close();
  }
});
