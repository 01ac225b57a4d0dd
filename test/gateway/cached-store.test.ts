import { openCaches, type Caches } from '../support/caches.ts';
import { line, searchIn, specIn } from '../support/store-calls.ts';

let caches: Caches;
beforeAll(async () => {
  caches = await openCaches({ count: 2 });
});
afterAll(() => caches.close());

test('a search that is seen again is answered from the cache, until somebody writes', async () => {
  const [one, other] = caches.gateways;
  const spec = specIn(caches.bucket, 'hot');
  await one!.run((store, call) => store.createCollection(spec, null, call));
  const records = line(10);
  await one!.run((store, call) => store.upsert({ ...spec, records, version: null }, call));
  const query = searchIn(caches.bucket, 'hot', { cache: true, limit: 3 });

  const found = await one!.search(query);
  expect(found.cache).toEqual({ outcome: 'MISS', ageMs: null });
  await until(async () => (await one!.search(query)).cache?.outcome === 'HIT');
  expect((await one!.search(query)).matches).toEqual(found.matches);

  const target = { keys: ['0'] };
  await other!.run((store, call) => store.delete({ ...spec, target, version: null }, call));
  const after = await one!.search(query);
  expect(after.matches.map(({ key }) => key)).toEqual(['1', '2', '3']);
  expect(after.cache?.outcome).toBe('MISS');
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((again) => setImmediate(again));
}
