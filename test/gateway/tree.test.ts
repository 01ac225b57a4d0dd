import { createRemoteStore } from '../../gateway/remote-store.ts';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import { slotOf } from '../../schema/key.ts';
import { ownersOf } from '../../schema/placement.ts';
import type { CollectionSpec, VectorStore } from '../../subgraphs/store.ts';
import { runSql } from '../support/foreign-tables.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import {
  codeFrom,
  during,
  line,
  scanIn,
  searchIn,
  silent,
  specIn,
} from '../support/store-calls.ts';
import { openRegion, type Region } from '../support/subjects.ts';

/** A gateway over two gateways: east over pod-c, west over pod-a and pod-b. */
let pods: FaultyPods;
let east: Region;
let west: Region;
let spec: CollectionSpec;
let collectionCount = 0;
const records = line(200);

beforeAll(async () => {
  pods = await openFaultyPods();
  const { a, b, c } = pods;
  east = await openRegion('east', [{ name: 'pod-c', store: c.store }]);
  west = await openRegion('west', [
    { name: 'pod-a', store: a.store },
    { name: 'pod-b', store: b.store },
  ]);
});
afterAll(async () => {
  await east.close();
  await west.close();
});
beforeEach(() => {
  spec = specIn(pods.bucket, `tree_${collectionCount++}`);
});
afterEach(() => pods.repair());

const remote = (pod: string, url: string): VectorStore =>
  createRemoteStore({ pod, url, connectionsMax: 4, logger: silent });

const top = (): VectorStore => createShardedStore({ pods: [east, west], logger: silent });

const create = (store: VectorStore, more: Partial<CollectionSpec> = {}) =>
  during((call) => store.createCollection({ ...spec, ...more }, null, call));
const upsert = (store: VectorStore, some = records) =>
  during((call) => store.upsert({ ...spec, version: null, records: some }, call));
const count = (store: VectorStore) =>
  during((call) => store.count({ ...spec, filter: null }, call));
const rowOf = (store: VectorStore) => during((call) => store.describe(spec, call, { fresh: true }));
const stateOn = async (store: VectorStore) => (await rowOf(store))?.placement.state ?? null;

test('keys are spread over regions by two bytes of the md5, and in each by the next two', async () => {
  const { collection } = await create(top());
  expect(await upsert(top())).toBe(200);

  expect(Object.keys(collection.placement.slots)).toEqual(['east', 'west']);
  const regions = ownersOf(collection.placement);
  const inner = await rowOf(west.inner);
  const owners = ownersOf(inner!.placement);
  for (const [pod, { store }] of Object.entries({ 'pod-a': pods.a, 'pod-b': pods.b })) {
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
  await upsert(top());
  const regions = ownersOf((await rowOf(top()))!.placement);
  const ours = records.filter(({ key }) => regions[slotOf(key)] === 'west');
  const foreign = records.find(({ key }) => regions[slotOf(key)] === 'east')!;

  expect(await count(west.inner)).toBe(ours.length);
  expect(await upsert(west.inner, ours)).toBe(ours.length);
  await expect(upsert(west.inner, [ours[0]!, foreign])).rejects.toMatchObject({
    message: 'records[1].key must be a key that pod "west" holds; it belongs to pod "east".',
    extensions: { code: 'BAD_USER_INPUT', argument: 'records[1].key' },
  });
  expect(await count(top())).toBe(200);
});

test('a region that remembers a collection of its own refuses such keys too', async () => {
  await create(west.inner);
  await upsert(west.inner);
  const elsewhere = createShardedStore({
    pods: [
      { name: 'pod-a', store: pods.a.store },
      { name: 'pod-b', store: pods.b.store },
    ],
    logger: silent,
  });
  await during((call) => elsewhere.deleteCollection(spec, null, call));
  await create(top());
  const regions = ownersOf((await rowOf(top()))!.placement);
  const foreign = records.filter(({ key }) => regions[slotOf(key)] === 'east');

  expect(await codeFrom(upsert(west.inner, foreign))).toBe('BAD_USER_INPUT');
  expect(await count(top())).toBe(0);
});

test('only the largest gateway can delete what is spread over regions', async () => {
  await create(top());
  for (const store of [east.inner, west.inner, pods.a.store, pods.c.store]) {
    await expect(during((call) => store.deleteCollection(spec, null, call))).rejects.toThrow(
      'is spread over east, west. Delete it through their gateway',
    );
  }

  expect(await during((call) => top().deleteCollection(spec, null, call))).toBe(true);
  for (const { store } of [pods.a, pods.b, pods.c]) expect(await stateOn(store)).toBe('dropped');
  expect((await create(top(), { dimension: 3 })).created).toBe(true);
});

test('what a region made for itself is all its own for the larger gateway', async () => {
  await create(west.inner);
  await upsert(west.inner);

  expect((await rowOf(top()))?.placement.slots).toEqual({ west: [[0, 1_023]] });
  const query = searchIn(spec.bucket, spec.collection, { limit: 3 });
  const { matches, shards } = await during((call) => top().search(query, call));
  expect(matches.map(({ key }) => key)).toEqual(['0', '1', '2']);
  expect(shards.map(({ pod }) => pod).toSorted()).toEqual(['west/pod-a', 'west/pod-b']);
  expect(await upsert(top())).toBe(200);
  expect(await during((call) => top().deleteCollection(spec, null, call))).toBe(true);
  expect(await stateOn(pods.b.store)).toBe('dropped');
});

test.each([0, 1])(
  'a creation that is cut inside a region, in pass %i, is finished by the next',
  async (after) => {
    pods.b.break({ kind: 'fails', method: 'createCollection', after });
    expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
    pods.repair();

    expect(await stateOn(top())).toBe('creating');
    expect((await create(top())).created).toBe(true);
    expect(await upsert(top())).toBe(200);
    expect(await count(top())).toBe(200);
  },
);

test('of larger gateways that create at once one has created it', async () => {
  const made = await Promise.all([1, 2, 3].map(() => create(top(), { ifNotExists: true })));

  expect(made.filter(({ created }) => created)).toHaveLength(1);
  expect(await upsert(top())).toBe(200);
});

test('a region does not finish the creation of a larger gateway as one of its own', async () => {
  pods.b.break({ kind: 'fails', method: 'createCollection', after: 1 });
  await codeFrom(create(top()));
  pods.repair();

  const { collection, created } = await create(west.inner);
  expect(created).toBe(true);
  expect(collection.placement.above).toBeUndefined();
  expect((await rowOf(top()))?.placement.slots).toEqual({ west: [[0, 1_023]] });
});

test('a pod that keeps silent inside a region costs a search its shard too', async () => {
  await create(top());
  await upsert(top());
  pods.b.break({ kind: 'frozen' });

  const query = searchIn(spec.bucket, spec.collection, { limit: 200 });
  const { shards } = await during((call) => top().search(query, call), 2_000);
  const failed = shards.filter((shard) => 'error' in shard);
  expect(shards).toHaveLength(3);
  expect(failed).toMatchObject([
    { pod: 'west/pod-b', error: { extensions: { code: 'DEADLINE_EXCEEDED' } } },
  ]);
});

test('a deletion by filter deletes nothing while a pod inside a region is down', async () => {
  await create(top());
  await upsert(top());
  pods.b.break({ kind: 'down' });

  const target = { filter: { kind: 'exists', path: ['n'], value: true } } as const;
  const deleting = during((call) => top().delete({ ...spec, version: null, target }, call));
  expect(await codeFrom(deleting)).toBe('POD_UNAVAILABLE');
  pods.repair();
  expect(await count(top())).toBe(200);
});

test('regions whose URLs are swapped are refused, also by whoever remembers the collection', async () => {
  await create(top());
  const swapped = createShardedStore({
    pods: [
      { name: 'east', store: remote('east', west.url) },
      { name: 'west', store: remote('west', east.url) },
    ],
    logger: silent,
  });
  expect(await codeFrom(rowOf(swapped))).toBe('POD_UNAVAILABLE');

  const write = { ...spec, version: 1, records: records.slice(0, 1) };
  await expect(during((call) => remote('east', west.url).upsert(write, call))).rejects.toThrow(
    'Pod "east" calls itself "west".',
  );
  expect(await count(top())).toBe(0);
});

test('a creation that is cut in its second pass inside a region is finished before another', async () => {
  pods.a.break({ kind: 'fails', method: 'createCollection', after: 1 });
  expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
  pods.repair();
  expect([await stateOn(pods.a.store), await stateOn(pods.b.store)]).toEqual([
    'creating',
    'active',
  ]);

  expect(await codeFrom(create(top(), { dimension: 3 }))).toBe('COLLECTION_EXISTS');
  expect(await stateOn(top())).toBe('active');
});

test('what was written to a region of an unfinished creation is not lost', async () => {
  pods.c.break({ kind: 'fails', method: 'createCollection', after: 1 });
  expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
  pods.repair();
  const regions = ownersOf((await rowOf(top()))!.placement);
  const ours = records.filter(({ key }) => regions[slotOf(key)] === 'west');
  expect(await upsert(west.inner, ours)).toBe(ours.length);

  expect(await codeFrom(create(top(), { dimension: 3 }))).toBe('COLLECTION_EXISTS');
  expect(await count(top())).toBe(ours.length);
});

test('nor is what was written to it while its first pod kept silent', async () => {
  pods.a.break({ kind: 'fails', method: 'createCollection', after: 1 });
  expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
  const regions = ownersOf((await rowOf(top()))!.placement);
  pods.a.break({ kind: 'down' });
  const inside = createShardedStore({
    pods: [
      { name: 'pod-a', store: pods.a.store },
      { name: 'pod-b', store: pods.b.store },
    ],
    logger: silent,
  });
  const owners = ownersOf((await rowOf(inside))!.placement);
  const ours = records.filter(
    ({ key }) => regions[slotOf(key)] === 'west' && owners[slotOf(key, 1)] === 'pod-b',
  );
  expect(await upsert(inside, ours)).toBe(ours.length);
  pods.repair();

  expect(await codeFrom(create(top(), { dimension: 3 }))).toBe('COLLECTION_EXISTS');
  expect(await count(top())).toBe(ours.length);
});

test('one collection that was made under another name of the region is left out alone', async () => {
  const wrong = createShardedStore({
    pods: [{ name: 'est', store: remote('est', west.url) }],
    logger: silent,
  });
  await create(wrong);
  const made = spec.collection;
  spec = specIn(pods.bucket, `tree_${collectionCount++}`);
  await create(top());

  const query = { bucket: pods.bucket, prefix: '', limit: 1_000, after: null, everyState: false };
  const page = await during((call) => top().listCollections(query, call));
  const names = page.collections.map(({ collection }) => collection);
  expect(names).toContain(spec.collection);
  expect(names).not.toContain(made);
  expect(page.pods.filter(({ error }) => error !== null)).toEqual([]);

  spec = specIn(pods.bucket, made);
  await during((call) => wrong.deleteCollection(spec, null, call));
  expect((await create(top())).created).toBe(true);
});

test("copies of another region's keys count for nobody", async () => {
  await create(top());
  await upsert(top());
  const regions = ownersOf((await rowOf(top()))!.placement);
  const foreign = records.filter(({ key }) => regions[slotOf(key)] === 'east').slice(0, 30);
  const rows = foreign.map(({ key }) => `('${key}', '[0.01,0]', '{}')`).join();
  await runSql([`insert into "${spec.bucket}"."${spec.collection}" values ${rows}`]);

  const query = searchIn(spec.bucket, spec.collection, { limit: 20 });
  const inWest = records.filter(({ key }) => regions[slotOf(key)] === 'west');
  for (const [store, expected] of [
    [top(), records],
    [west.inner, inWest],
  ] as const) {
    const { matches } = await during((call) => store.search(query, call));
    expect(matches.map(({ key }) => key)).toEqual(expected.slice(0, 20).map(({ key }) => key));
  }
  const keys = [foreign[0]!.key, inWest[0]!.key];
  const reading = { ...spec, keys, select: { metadata: 'none', vector: false } } as const;
  const read = await during((call) => west.inner.fetch(reading, call));
  expect(read).toMatchObject([null, { key: keys[1] }]);
});

test('a pod that is down inside a region costs a search its shard, and a write says so', async () => {
  await create(top());
  await upsert(top());
  pods.b.break({ kind: 'down' });

  const query = searchIn(spec.bucket, spec.collection, { limit: 200 });
  const { matches, shards } = await during((call) => top().search(query, call));
  expect(matches.length).toBeGreaterThan(100);
  expect(shards.filter((shard) => 'error' in shard)).toMatchObject([
    { pod: 'west/pod-b', error: { extensions: { code: 'POD_UNAVAILABLE' } } },
  ]);
  await expect(upsert(top())).rejects.toMatchObject({
    extensions: {
      code: 'PARTIAL_WRITE',
      pods: [
        { pod: 'east', outcome: 'written' },
        { pod: 'west/pod-a', outcome: 'written' },
        { pod: 'west/pod-b', outcome: 'notWritten' },
      ],
    },
  });
});
