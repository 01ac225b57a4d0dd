import { openCaches, type Caches } from '../support/caches.ts';
import { hit, hotIn, keysOf, madeIn } from '../support/hot-searches.ts';

let caches: Caches;
beforeAll(async () => {
  caches = await openCaches({ count: 1 });
});
afterAll(() => caches.close());

test('a search that is seen again is answered from the cache, until somebody writes', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'hot');

  const found = await gateway!.search(hotIn(ref));
  expect(found.cache).toEqual({ outcome: 'MISS', ageMs: null });
  expect((await hit(gateway!, hotIn(ref))).matches).toEqual(found.matches);

  const target = { keys: ['0'] };
  await gateway!.run((store, call) => store.delete({ ...ref, target, version: null }, call));
  const after = await gateway!.search(hotIn(ref));
  expect(keysOf(after)).toEqual(['1', '2', '3']);
  expect(after.cache).toEqual({ outcome: 'MISS', ageMs: null });
});
