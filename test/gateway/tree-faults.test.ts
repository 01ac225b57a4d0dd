import { slotOf } from '../../schema/key.ts';
import { ownersOf } from '../../schema/placement.ts';
import type { CollectionSpec, VectorStore } from '../../subgraphs/store.ts';
import { openFaultyTree, speakOf, type FaultyTree } from '../support/faulty-tree.ts';
import { codeFrom, during, line, searchIn, specIn } from '../support/store-calls.ts';

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

test.each([0, 1])(
  'a creation that is cut inside a region, in pass %i, is finished by the next',
  async (after) => {
    tree.pods.b.break({ kind: 'fails', method: 'createCollection', after });
    expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
    tree.pods.repair();

    expect(await stateOn(top())).toBe('creating');
    expect((await create(top())).created).toBe(true);
    expect(await upsert(top(), records)).toBe(200);
    expect(await count(top())).toBe(200);
  },
);

test('a region does not finish the creation of a larger gateway as one of its own', async () => {
  tree.pods.b.break({ kind: 'fails', method: 'createCollection', after: 1 });
  await codeFrom(create(top()));
  tree.pods.repair();

  const { collection, created } = await create(tree.west.inner);
  expect(created).toBe(true);
  expect(collection.placement.above).toBeUndefined();
  expect((await rowOf(top()))?.placement.slots).toEqual({ west: [[0, 1_023]] });
});

test('a pod that keeps silent inside a region costs a search its shard too', async () => {
  await create(top());
  await upsert(top(), records);
  tree.pods.b.break({ kind: 'frozen' });

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
  await upsert(top(), records);
  tree.pods.b.break({ kind: 'down' });

  const target = { filter: { kind: 'exists', path: ['n'], value: true } } as const;
  const deleting = during((call) => top().delete({ ...spec, version: null, target }, call));
  expect(await codeFrom(deleting)).toBe('POD_UNAVAILABLE');
  tree.pods.repair();
  expect(await count(top())).toBe(200);
});

test('a creation that is cut in its second pass inside a region is finished before another', async () => {
  tree.pods.a.break({ kind: 'fails', method: 'createCollection', after: 1 });
  expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
  tree.pods.repair();
  expect([await stateOn(tree.pods.a.store), await stateOn(tree.pods.b.store)]).toEqual([
    'creating',
    'active',
  ]);

  expect(await codeFrom(create(top(), { dimension: 3 }))).toBe('COLLECTION_EXISTS');
  expect(await stateOn(top())).toBe('active');
});

test('what was written to a region of an unfinished creation is not lost', async () => {
  tree.pods.c.break({ kind: 'fails', method: 'createCollection', after: 1 });
  expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
  tree.pods.repair();
  const regions = ownersOf((await rowOf(top()))!.placement);
  const ours = records.filter(({ key }) => regions[slotOf(key)] === 'west');
  expect(await upsert(tree.west.inner, ours)).toBe(ours.length);

  expect(await codeFrom(create(top(), { dimension: 3 }))).toBe('COLLECTION_EXISTS');
  expect(await count(top())).toBe(ours.length);
});

test('nor is what was written to it while its first pod kept silent', async () => {
  tree.pods.a.break({ kind: 'fails', method: 'createCollection', after: 1 });
  expect(await codeFrom(create(top()))).toBe('POD_UNAVAILABLE');
  const regions = ownersOf((await rowOf(top()))!.placement);
  tree.pods.a.break({ kind: 'down' });
  const inside = tree.anotherWest();
  const owners = ownersOf((await rowOf(inside))!.placement);
  const ours = records.filter(
    ({ key }) => regions[slotOf(key)] === 'west' && owners[slotOf(key, 1)] === 'pod-b',
  );
  expect(await upsert(inside, ours)).toBe(ours.length);
  tree.pods.repair();

  expect(await codeFrom(create(top(), { dimension: 3 }))).toBe('COLLECTION_EXISTS');
  expect(await count(top())).toBe(ours.length);
});

test('a pod that is down inside a region costs a search its shard, and a write says so', async () => {
  await create(top());
  await upsert(top(), records);
  tree.pods.b.break({ kind: 'down' });

  const query = searchIn(spec.bucket, spec.collection, { limit: 200 });
  const { matches, shards } = await during((call) => top().search(query, call));
  expect(matches.length).toBeGreaterThan(100);
  expect(shards.filter((shard) => 'error' in shard)).toMatchObject([
    { pod: 'west/pod-b', error: { extensions: { code: 'POD_UNAVAILABLE' } } },
  ]);
  await expect(upsert(top(), records)).rejects.toMatchObject({
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
