import type { CollectionRef } from '../../subgraphs/store.ts';
import { openCaches, type Caches } from '../support/caches.ts';
import { runSql } from '../support/foreign-tables.ts';
import { createGate, hotIn, keysOf, madeIn, until } from '../support/hot-searches.ts';

const gate = createGate();
let caches: Caches;
beforeAll(async () => {
  caches = await openCaches({ count: 1, wrap: (store) => gate.over(store) });
});
afterEach(() => gate.open());
afterAll(() => caches.close());

/** A table that somebody makes where a collection was dropped, whose placement was newer. */
async function foundIn(collection: string): Promise<CollectionRef> {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, collection);
  await gateway!.run((store, call) => store.deleteCollection(ref, null, call));
  const table = `"${ref.bucket}"."${ref.collection}"`;
  await runSql([
    `create table ${table} (id varchar primary key, vec vector(2) not null,
       metadata jsonb not null default '{}')`,
    `insert into ${table} (id, vec) values ('a', '[1,0]'), ('b', '[2,0]')`,
  ]);
  await gateway!.run((store, call) => store.watch(ref, true, call));
  return ref;
}

test('where a dropped collection left newer floors, no search shares one from before a write', async () => {
  const [gateway] = caches.gateways;
  const ref = await foundIn('found');
  expect(keysOf(await gateway!.search(hotIn(ref)))).toEqual(['a', 'b']);
  gate.shut();
  const before = gate.asked.length;
  const early = gateway!.search(hotIn(ref));
  await until(() => gate.asked.length > before);
  await gateway!.run((store, call) =>
    store.delete({ ...ref, target: { keys: ['a'] }, version: null }, call),
  );
  const late = gateway!.search(hotIn(ref));
  // It would be the early one's answer, which stands and is held back.
  await until(() => gate.asked.length > before + 1);
  gate.open();

  expect(keysOf(await early)).toEqual(['a', 'b']);
  expect(keysOf(await late)).toEqual(['b']);
});
