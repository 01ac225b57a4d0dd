import { foundUid, isFound } from '../../../schema/placement.ts';
import type { CollectionRef } from '../../../subgraphs/store.ts';
import { runSql, vecsIndexSql, vecsTableSql, vecsUpsertSql } from '../../support/foreign-tables.ts';
import { onReal } from '../../support/databases.ts';
import { codeFrom, during, indexIn, scanIn, searchIn, specIn } from '../../support/store-calls.ts';
import { openPod, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(async () => {
  await runSql([`drop schema "${pod.bucket}" cascade`]);
  await pod.close();
});

const everything = { metadata: 'all', vector: true } as const;

/** A table as vecs makes it, of three records, in the test's bucket. */
async function vecsTable(name: string, more: readonly string[] = []): Promise<CollectionRef> {
  const { bucket } = pod;
  const rows = `('a', '[1,0]', '{"year": 2012}'), ('b', '[0,1]', '{"year": 2020}'), ('c', '[1,1]', '{}')`;
  await runSql([...vecsTableSql(bucket, name, 2), vecsUpsertSql(bucket, name, rows), ...more]);
  return { bucket, collection: name };
}

const describeNow = (ref: CollectionRef) =>
  during((call) => pod.store.describe(ref, call, { fresh: true }));
const near = ({ bucket, collection }: CollectionRef, more = {}) =>
  searchIn(bucket, collection, { vector: Float32Array.of(1, 0), ...more });
const keysNear = async (ref: CollectionRef, more = {}): Promise<string[]> =>
  (await during((call) => pod.store.search(near(ref, more), call))).matches.map(({ key }) => key);

describe('a table that vecs made', () => {
  test('is described, listed and counted without a word of configuration', async () => {
    const ref = await vecsTable('movies');

    const collection = await describeNow(ref);

    expect(collection).toEqual({
      ...ref,
      dimension: 2,
      metric: 'COSINE',
      elementType: 'FLOAT32',
      nonFilterableKeys: [],
      createdAt: null,
      placement: { uid: foundUid, version: 0, state: 'active', slots: { 'pod-a': [[0, 1023]] } },
    });
    expect(isFound(collection!.placement)).toBe(true);
    const page = await during((call) =>
      pod.store.listCollections(
        { bucket: pod.bucket, prefix: 'mov', limit: 5, after: null, everyState: false },
        call,
      ),
    );
    expect(page.collections).toEqual([collection]);
    const buckets = await during((call) => pod.store.listBuckets(pod.bucket, call));
    expect(buckets).toMatchObject([{ name: pod.bucket, collectionCount: 1 }]);
    expect(await during((call) => pod.store.count({ ...ref, filter: null }, call))).toBe(3);
    const left = await runSql([`select * from quiver.placement where bucket = '${pod.bucket}'`]);
    expect(left).toEqual([]);
  });

  test('is searched, filtered, fetched and scanned', async () => {
    const ref = await vecsTable('read');
    const filter = { kind: 'eq', path: ['year'], value: 2020 } as const;

    expect(await keysNear(ref, { metric: 'COSINE' })).toEqual(['a', 'c', 'b']);
    expect(await keysNear(ref, { filter })).toEqual(['b']);
    const records = await during((call) =>
      pod.store.fetch({ ...ref, keys: ['b', 'none', 'a'], select: everything }, call),
    );
    expect(records).toEqual([
      { key: 'b', vector: Float32Array.of(0, 1), metadata: { year: 2020 } },
      null,
      { key: 'a', vector: Float32Array.of(1, 0), metadata: { year: 2012 } },
    ]);
    const after = { key: 'a', values: [] };
    const rest = scanIn(ref.bucket, ref.collection, { limit: 2, after, select: everything });
    const page = await during((call) => pod.store.scan(rest, call));
    expect(page.records.map(({ key }) => key)).toEqual(['b', 'c']);
  });

  test('is written to by both, side by side', async () => {
    const ref = await vecsTable('shared');
    const records = [{ key: 'd', vector: Float32Array.of(2, 0), metadata: { by: 'quiver' } }];

    expect(await during((call) => pod.store.upsert({ ...ref, version: null, records }, call))).toBe(
      1,
    );
    const rows = `('a', '[9,9]', '{"by": "vecs"}'), ('e', '[3,0]', '{"by": "vecs"}')`;
    await runSql([vecsUpsertSql(pod.bucket, 'shared', rows)]);
    const update = { ...ref, keys: ['e'], set: { more: 1 }, unset: [], dryRun: false, version: 0 };
    expect(await during((call) => pod.store.updateMetadata(update, call))).toBe(1);
    const doomed = { ...ref, target: { keys: ['b', 'c'] }, version: 0 };
    expect(await during((call) => pod.store.delete(doomed, call))).toBe(2);

    expect(
      await runSql([`select id, vec::text, metadata from "${pod.bucket}".shared order by id`]),
    ).toEqual([
      { id: 'a', vec: '[9,9]', metadata: { by: 'vecs' } },
      { id: 'd', vec: '[2,0]', metadata: { by: 'quiver' } },
      { id: 'e', vec: '[3,0]', metadata: { by: 'vecs', more: 1 } },
    ]);
  });

  test('has the metric of its index, which is found under any name', async () => {
    const index = vecsIndexSql(pod.bucket, 'indexed', 'vector_l2_ops');
    const ref = await vecsTable('indexed', [index]);

    expect(await describeNow(ref)).toMatchObject({ metric: 'L2' });
    const [[shard] = []] = await during((call) =>
      pod.store.inspect([ref], { count: true, bytes: true, indexes: true }, call),
    );
    expect(shard).toMatchObject({ slotCount: 1_024, count: 3 });
    expect(shard?.indexes).toMatchObject([
      { name: 'ix_vector_l2_ops_hnsw_m16_efc64_0a1b2c3', metric: 'L2', state: 'READY' },
    ]);
    const answer = await during((call) => pod.store.search(near(ref, { mode: 'INDEX' }), call));
    expect(answer.placementVersion).toBe(0);
    expect(answer.matches.map(({ key }) => key)).toEqual(['a', 'c', 'b']);
    const drop = { ...ref, method: 'HNSW', metric: 'L2' } as const;
    expect(await during((call) => pod.store.dropIndex(drop, call))).toBe(true);
    expect(await describeNow(ref)).toMatchObject({ metric: 'COSINE' });
  });

  test('is the collection that is there to whoever would create it, and goes when it is deleted', async () => {
    const ref = await vecsTable('taken');
    const spec = specIn(ref.bucket, ref.collection, { metric: 'L1' });
    const create = (more = {}) =>
      during((call) => pod.store.createCollection({ ...spec, ...more }, null, call));

    expect(await codeFrom(create())).toBe('COLLECTION_EXISTS');
    expect(await codeFrom(create({ ifNotExists: true, dimension: 3 }))).toBe('COLLECTION_EXISTS');
    expect(await create({ ifNotExists: true })).toMatchObject({
      created: false,
      collection: { placement: { uid: foundUid } },
    });
    expect(await during((call) => pod.store.deleteCollection(ref, null, call))).toBe(true);
    expect(await describeNow(ref)).toBeNull();
    expect((await create()).created).toBe(true);
    await during((call) => pod.store.deleteCollection(ref, null, call));

    // Somebody makes it anew, where Quiver has left a tombstone.
    await vecsTable('taken');
    expect(await describeNow(ref)).toMatchObject({ placement: { uid: foundUid, state: 'active' } });
    expect(await keysNear(ref)).toEqual(['a', 'c', 'b']);
  });

  test('is written to only while nothing of its name is placed', async () => {
    const ref = await vecsTable('placed_later');
    const target = { keys: ['a'] };
    const remove = () => during((call) => pod.store.delete({ ...ref, target, version: 0 }, call));
    expect(await remove()).toBe(1);

    await runSql([`drop table "${pod.bucket}".placed_later`]);
    const other = await openPod();
    const spec = specIn(ref.bucket, ref.collection);
    await during((call) => other.store.createCollection(spec, null, call));
    await other.close();

    await expect(remove()).rejects.toMatchObject({ extensions: { reason: 'STALE_PLACEMENT' } });
  });
});

test('a table of another shape in a bucket is no collection', async () => {
  const { bucket } = pod;
  await runSql([
    `create table "${bucket}".numbers (id int primary key, vec vector(2), metadata jsonb)`,
    `create table "${bucket}".shapeless (id text primary key, vec vector, metadata jsonb)`,
    `create table "${bucket}".plain (id text primary key, note text)`,
  ]);

  for (const collection of ['numbers', 'shapeless', 'plain']) {
    expect(await describeNow({ bucket, collection })).toBeNull();
  }
});

test('a table made by hand may have nulls, half vectors and columns of its own', async () => {
  const { bucket } = pod;
  await runSql([
    `create table "${bucket}".hand (note text default 'x', metadata jsonb, vec halfvec(2), id text primary key)`,
    `insert into "${bucket}".hand (id, vec, metadata) values ('a', '[1,0]', null), ('b', null, '{"n": 1}')`,
  ]);
  const ref = { bucket, collection: 'hand' };

  expect(await describeNow(ref)).toMatchObject({ elementType: 'FLOAT16' });
  expect(await keysNear(ref)).toEqual(['a']);
  const records = await during((call) =>
    pod.store.fetch({ ...ref, keys: ['a', 'b'], select: everything }, call),
  );
  expect(records).toEqual([
    { key: 'a', vector: Float32Array.of(1, 0), metadata: {} },
    { key: 'b', vector: undefined, metadata: { n: 1 } },
  ]);
});

test("what a table with rules of its own refuses is the caller's to read", async () => {
  const { bucket } = pod;
  await runSql([
    ...vecsTableSql(bucket, 'ruled', 2),
    `alter table "${bucket}".ruled add constraint short check (length(id) < 3)`,
    `create view "${bucket}".watching as select id from "${bucket}".ruled`,
  ]);
  const ref = { bucket, collection: 'ruled' };
  const records = [{ key: 'long', vector: Float32Array.of(1, 2), metadata: {} }];

  const writing = during((call) => pod.store.upsert({ ...ref, version: null, records }, call));
  expect(await codeFrom(writing)).toBe('BAD_USER_INPUT');
  await expect(writing).rejects.toThrow('violates check constraint "short"');
  const dropping = during((call) => pod.store.deleteCollection(ref, null, call));
  expect(await codeFrom(dropping)).toBe('BAD_USER_INPUT');
});

onReal('an index is built on a table that vecs made', async () => {
  const ref = await vecsTable('built');
  const index = indexIn(ref.bucket, ref.collection, { metric: 'COSINE' });

  await during((call) => pod.store.createIndex(index, call));

  const [[shard] = []] = await during((call) =>
    pod.store.inspect([ref], { count: false, bytes: false, indexes: true }, call),
  );
  expect(shard?.indexes).toMatchObject([{ method: 'HNSW', metric: 'COSINE', state: 'READY' }]);
});
