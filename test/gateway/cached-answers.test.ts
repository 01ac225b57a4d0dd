import type { SearchAnswer, SearchQuery } from '../../subgraphs/store.ts';
import { openCaches, type Caches } from '../support/caches.ts';
import { hit, hotIn, keysOf, madeIn, outcomeOf, until } from '../support/hot-searches.ts';
import { line } from '../support/store-calls.ts';

let caches: Caches;
beforeAll(async () => {
  caches = await openCaches({ count: 1 });
});
afterAll(() => caches.close());

test('an answer for fifty serves a search for ten, and both say whether there are more', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'fewer', line(60));
  let fifty: SearchAnswer;
  let ten: SearchAnswer;
  // What was just kept for fifty is no answer for ten: that would not serve fifty.
  await until(async () => {
    fifty = await hit(gateway!, hotIn(ref, { limit: 50 }));
    ten = await gateway!.search(hotIn(ref, { limit: 10 }));
    return outcomeOf(ten) === 'HIT';
  });
  const direct = await gateway!.search(hotIn(ref, { limit: 10, cache: false }));

  expect(fifty!.hasMore).toBe(true);
  expect(keysOf(fifty!)).toEqual(line(50).map(({ key }) => key));
  expect(ten!.matches).toEqual(direct.matches);
  expect(ten!.hasMore).toBe(true);
});

test.each([
  ['a search for all', 60, false],
  ['a search for more than there are', 70, false],
  ['a search for one fewer than all', 59, true],
])('%s says from the cache whether there are more', async (name, limit, hasMore) => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, `more-${name}`, line(60));
  const found = await hit(gateway!, hotIn(ref, { limit }));
  const some = await hit(gateway!, hotIn(ref, { limit: 59 }));

  expect(found.hasMore).toBe(hasMore);
  expect(some.hasMore).toBe(true);
});

test('an answer for ten does not serve a search for fifty', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'further', line(60));
  await hit(gateway!, hotIn(ref, { limit: 10 }));
  const fifty = await gateway!.search(hotIn(ref, { limit: 50 }));

  expect(outcomeOf(fifty)).toBe('MISS');
  expect(fifty.matches).toHaveLength(50);
  expect((await hit(gateway!, hotIn(ref, { limit: 50 }))).matches).toHaveLength(50);
});

const few = { kind: 'lt', path: ['n'], value: 5 } as const;
const odd = { kind: 'in', path: ['n'], values: [1, 3] } as const;

test.each<[string, Partial<SearchQuery>]>([
  ['vector', { vector: Float32Array.of(5, 0) }],
  ['metric', { metric: 'L1' }],
  ['filter', { filter: few }],
  ['excluded key', { exclude: '0' }],
  ['selection', { select: { metadata: ['n'], vector: false } }],
  ['mode', { mode: 'EXACT' }],
  ['efSearch', { efSearch: 50 }],
])('another %s is another entry, with an answer of its own', async (name, different) => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, `entry-${name}`);
  await hit(gateway!, hotIn(ref));
  const other = await gateway!.search(hotIn(ref, different));
  const direct = await gateway!.search(hotIn(ref, { ...different, cache: false }));

  expect(outcomeOf(other)).toBe('MISS');
  expect(other.matches).toEqual(direct.matches);
  expect((await hit(gateway!, hotIn(ref, different))).matches).toEqual(direct.matches);
});

test('filters that mean the same are one entry', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'filters');
  const found = await hit(gateway!, hotIn(ref, { filter: { kind: 'and', parts: [few, odd] } }));
  const same = await gateway!.search(
    hotIn(ref, {
      filter: {
        kind: 'not',
        part: { kind: 'or', parts: [odd, few].map((part) => ({ kind: 'not', part })) },
      },
    }),
  );

  expect(outcomeOf(same)).toBe('HIT');
  expect(keysOf(same)).toEqual(['1', '3']);
  expect(same.matches).toEqual(found.matches);
});

test('metadata and vectors come back as they were stored', async () => {
  const [gateway] = caches.gateways;
  const metadata = {
    none: null,
    deep: { list: [1, null, { a: [] }], text: 'é😀"\\\n' },
    numbers: [0, -1.5, 1e21, 5e-324, 0.1],
    '': true,
    __proto__: 'plain',
  };
  const vector = Float32Array.of(-0, Math.fround(0.1));
  const ref = await madeIn(caches, 'exact', [{ key: ' "é😀', vector, metadata }]);
  const query = hotIn(ref, { select: { metadata: 'all', vector: true } });
  const direct = await gateway!.search({ ...query, cache: false });
  const { matches } = await hit(gateway!, query);

  expect(matches).toEqual(direct.matches);
  expect(matches).toMatchObject([{ key: ' "é😀', metadata: { none: null } }]);
  expect(Buffer.from(matches[0]!.vector!.buffer).toString('base64')).toBe(
    Buffer.from(direct.matches[0]!.vector!.slice().buffer).toString('base64'),
  );
});
