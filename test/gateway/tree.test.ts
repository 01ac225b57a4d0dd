import { createShardedStore } from '../../gateway/sharded-store.ts';
import { slotOf } from '../../schema/key.ts';
import { ownersOf } from '../../schema/placement.ts';
import type { CollectionSpec, VectorStore } from '../../subgraphs/store.ts';
import { openFaultyTree, remote, speakOf, type FaultyTree } from '../support/faulty-tree.ts';
import { runSql } from '../support/foreign-tables.ts';
import {
  codeFrom,
  during,
  line,
  scanIn,
  searchIn,
  silent,
  specIn,
} from '../support/store-calls.ts';

let tree: FaultyTree;
let spec: CollectionSpec;
let collectionCount = 0;
const records = line(200);

beforeAll(async () => {
  tree = await openFaultyTree();
});
afterAll(() => tree.close());
beforeEach(() => {
  spec = freshSpec();
});
afterEach(() => tree.pods.repair());

const freshSpec = (): CollectionSpec => specIn(tree.pods.bucket, `tree_${collectionCount++}`);
const { create, upsert, count, rowOf, stateOn } = speakOf(() => spec);
const top = (): VectorStore => tree.top();

test('keys are spread over regions by two bytes of the md5, and in each by the next two', async () => {
  const { collection } = await create(top());
  expect(await upsert(top(), records)).toBe(200);

  expect(Object.keys(collection.placement.slots)).toEqual(['east', 'west']);
  const regions = ownersOf(collection.placement);
  const inner = await rowOf(tree.west.inner);
  const owners = ownersOf(inner!.placement);
  for (const [pod, { store }] of Object.entries({ 'pod-a': tree.pods.a, 'pod-b': tree.pods.b })) {
    const { records: held } = await during((call) =>
      store.scan(scanIn(spec.bucket, spec.collection), call),
    );
    const expected = records.filter(
      ({ key }) => regions[slotOf(key)] === 'west' && owners[slotOf(key, 1)] === pod,
    );
    expect(held.map(({ key }) => key)).toEqual(expected.map(({ key }) => key).toSorted());
    expect(held.length).toBeGreaterThan(20);
  }
  expect(await count(top())).toBe(200);
});

test('a region serves its part to clients of its own, and refuses the keys of others', async () => {
  await create(top());
  await upsert(top(), records);
  const regions = ownersOf((await rowOf(top()))!.placement);
  const ours = records.filter(({ key }) => regions[slotOf(key)] === 'west');
  const foreign = records.find(({ key }) => regions[slotOf(key)] === 'east')!;

  expect(await count(tree.west.inner)).toBe(ours.length);
  expect(await upsert(tree.west.inner, ours)).toBe(ours.length);
  await expect(upsert(tree.west.inner, [ours[0]!, foreign])).rejects.toMatchObject({
    message: 'records[1].key must be a key that pod "west" holds; it belongs to pod "east".',
    extensions: { code: 'BAD_USER_INPUT', argument: 'records[1].key' },
  });
  expect(await count(top())).toBe(200);
});

test('a region that remembers a collection of its own refuses such keys too', async () => {
  await create(tree.west.inner);
  await upsert(tree.west.inner, records);
  const elsewhere = tree.anotherWest();
  await during((call) => elsewhere.deleteCollection(spec, null, call));
  await create(top());
  const regions = ownersOf((await rowOf(top()))!.placement);
  const foreign = records.filter(({ key }) => regions[slotOf(key)] === 'east');

  expect(await codeFrom(upsert(tree.west.inner, foreign))).toBe('BAD_USER_INPUT');
  expect(await count(top())).toBe(0);
});

test('only the largest gateway can delete what is spread over regions', async () => {
  await create(top());
  for (const store of [tree.east.inner, tree.west.inner, tree.pods.a.store, tree.pods.c.store]) {
    await expect(during((call) => store.deleteCollection(spec, null, call))).rejects.toThrow(
      'is spread over east, west. Delete it through their gateway',
    );
  }

  expect(await during((call) => top().deleteCollection(spec, null, call))).toBe(true);
  for (const { store } of [tree.pods.a, tree.pods.b, tree.pods.c])
    expect(await stateOn(store)).toBe('dropped');
  expect((await create(top(), { dimension: 3 })).created).toBe(true);
});

test('what a region made for itself is all its own for the larger gateway', async () => {
  await create(tree.west.inner);
  await upsert(tree.west.inner, records);

  expect((await rowOf(top()))?.placement.slots).toEqual({ west: [[0, 1_023]] });
  const query = searchIn(spec.bucket, spec.collection, { limit: 3 });
  const { matches, shards } = await during((call) => top().search(query, call));
  expect(matches.map(({ key }) => key)).toEqual(['0', '1', '2']);
  expect(shards.map(({ pod }) => pod).toSorted()).toEqual(['west/pod-a', 'west/pod-b']);
  expect(await upsert(top(), records)).toBe(200);
  expect(await during((call) => top().deleteCollection(spec, null, call))).toBe(true);
  expect(await stateOn(tree.pods.b.store)).toBe('dropped');
});

test('of larger gateways that create at once one has created it', async () => {
  const made = await Promise.all([1, 2, 3].map(() => create(top(), { ifNotExists: true })));

  expect(made.filter(({ created }) => created)).toHaveLength(1);
  expect(await upsert(top(), records)).toBe(200);
});

test('regions whose URLs are swapped are refused, also by whoever remembers the collection', async () => {
  await create(top());
  const swapped = createShardedStore({
    pods: [
      { name: 'east', store: remote('east', tree.west.url) },
      { name: 'west', store: remote('west', tree.east.url) },
    ],
    logger: silent,
  });
  expect(await codeFrom(rowOf(swapped))).toBe('POD_UNAVAILABLE');

  const write = { ...spec, version: 1, records: records.slice(0, 1) };
  await expect(during((call) => remote('east', tree.west.url).upsert(write, call))).rejects.toThrow(
    'Pod "east" calls itself "west".',
  );
  expect(await count(top())).toBe(0);
});

test('one collection that was made under another name of the region is left out alone', async () => {
  const wrong = createShardedStore({
    pods: [{ name: 'est', store: remote('est', tree.west.url) }],
    logger: silent,
  });
  await create(wrong);
  const made = spec.collection;
  spec = freshSpec();
  await create(top());

  const query = {
    bucket: tree.pods.bucket,
    prefix: '',
    limit: 1_000,
    after: null,
    everyState: false,
  };
  const page = await during((call) => top().listCollections(query, call));
  const names = page.collections.map(({ collection }) => collection);
  expect(names).toContain(spec.collection);
  expect(names).not.toContain(made);
  expect(page.pods.filter(({ error }) => error !== null)).toEqual([]);

  spec = specIn(tree.pods.bucket, made);
  await during((call) => wrong.deleteCollection(spec, null, call));
  expect((await create(top())).created).toBe(true);
});

test("copies of another region's keys count for nobody", async () => {
  await create(top());
  await upsert(top(), records);
  const regions = ownersOf((await rowOf(top()))!.placement);
  const foreign = records.filter(({ key }) => regions[slotOf(key)] === 'east').slice(0, 30);
  const rows = foreign.map(({ key }) => `('${key}', '[0.01,0]', '{}')`).join();
  await runSql([`insert into "${spec.bucket}"."${spec.collection}" values ${rows}`]);

  const query = searchIn(spec.bucket, spec.collection, { limit: 20 });
  const inWest = records.filter(({ key }) => regions[slotOf(key)] === 'west');
  for (const [store, expected] of [
    [top(), records],
    [tree.west.inner, inWest],
  ] as const) {
    const { matches } = await during((call) => store.search(query, call));
    expect(matches.map(({ key }) => key)).toEqual(expected.slice(0, 20).map(({ key }) => key));
  }
  const keys = [foreign[0]!.key, inWest[0]!.key];
  const reading = { ...spec, keys, select: { metadata: 'none', vector: false } } as const;
  const read = await during((call) => tree.west.inner.fetch(reading, call));
  expect(read).toMatchObject([null, { key: keys[1] }]);
});
