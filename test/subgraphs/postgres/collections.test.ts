import { defaultLimits } from '../../../schema/limits.ts';
import { spreadSlots, type Placement } from '../../../schema/placement.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../../subgraphs/postgres/postgres-store.ts';
import type { CollectionRef, CollectionSpec } from '../../../subgraphs/store.ts';
import { codeFrom, during, silent } from '../../support/store-calls.ts';
import { fill, openPod, openPodDatabase, queryOf, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

const create = (spec: CollectionSpec, placement: Placement | null = null) =>
  during((call) => pod.store.createCollection(spec, placement, call));
const remove = (ref: CollectionRef, placement: Placement | null = null) =>
  during((call) => pod.store.deleteCollection(ref, placement, call));
const describeNow = (ref: CollectionRef) =>
  during((call) => pod.store.describe(ref, call, { fresh: true }));

const placementOf = (n: number, more: Partial<Placement> = {}): Placement => ({
  uid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  version: 1,
  state: 'creating',
  slots: spreadSlots(['pod-a', 'pod-b']),
  ...more,
});

test('keys are kept in the order of their bytes, whatever the database orders by', async () => {
  await create(specOf(pod, 'ordered'));
  const text = `select collname from pg_attribute a join pg_collation c on c.oid = a.attcollation
    where attrelid = $1::regclass and attname = 'id'`;
  const values = [`"${pod.bucket}".ordered`];

  expect(await during((call) => pod.database.query({ text, values }, call))).toEqual([
    { collname: 'C' },
  ]);
});

describe('opening', () => {
  test('refuses a database that is another pod', async () => {
    const database = openPodDatabase();
    const opening = openPostgresStore({
      database,
      pod: 'z',
      limits: defaultLimits,
      logger: silent,
    });
    await expect(opening).rejects.toThrow(
      'This database is pod "pod-a"; it cannot serve as pod "z". Give this pod its name',
    );
    await database.close();
  });

  test('rejects when the database is down', async () => {
    const database = openDatabase({
      url: 'postgres://postgres@127.0.0.1:1/postgres',
      pod: 'pod-a',
      connectionsMax: 1,
      named: true,
      cancellable: true,
      logger: silent,
    });
    const opening = openPostgresStore({
      database,
      pod: 'pod-a',
      limits: defaultLimits,
      logger: silent,
    });
    expect(await codeFrom(opening)).toBe('POD_UNAVAILABLE');
    await database.close();
  });

  test('can be done by several processes at once', async () => {
    const databases = [1, 2, 3].map(() => openPodDatabase());
    const stores = databases.map((database) =>
      openPostgresStore({ database, pod: 'pod-a', limits: defaultLimits, logger: silent }),
    );
    expect(await Promise.all(stores)).toHaveLength(3);
    await Promise.all(databases.map((database) => database.close()));
  });
});

describe('a collection of this pod alone', () => {
  test('is created once, described, and found by searches at once', async () => {
    const spec = specOf(pod, 'whole', { metric: 'COSINE', nonFilterableKeys: ['text'] });
    const { collection, created } = await create(spec);

    expect(created).toBe(true);
    expect(collection).toMatchObject({
      dimension: 4,
      metric: 'COSINE',
      elementType: 'FLOAT32',
      nonFilterableKeys: ['text'],
      placement: { version: 1, state: 'active', slots: { 'pod-a': [[0, 1023]] } },
    });
    expect(await describeNow(spec)).toEqual(collection);
    expect(await codeFrom(create(spec))).toBe('COLLECTION_EXISTS');
    expect(await create({ ...spec, ifNotExists: true })).toEqual({ collection, created: false });
    await expect(create({ ...spec, ifNotExists: true, dimension: 5 })).rejects.toThrow(
      'but with dimension 4',
    );
  });

  test('leaves a tombstone, and can be created anew above it', async () => {
    const spec = specOf(pod, 'again');
    await fill(pod, spec, [{ key: 'a', vector: [1, 2, 3, 4], metadata: {} }]);

    expect(await remove(spec)).toBe(true);
    expect(await remove(spec)).toBe(false);
    expect(await describeNow(spec)).toMatchObject({ placement: { state: 'dropped', version: 2 } });
    const searching = during((call) => pod.store.search(queryOf(spec, [1, 2, 3, 4]), call));
    expect(await codeFrom(searching)).toBe('COLLECTION_NOT_FOUND');

    const { collection } = await create({ ...spec, dimension: 2 });
    expect(collection.placement.version).toBe(3);
    const answer = await during((call) => pod.store.search(queryOf(spec, [1, 2]), call));
    expect(answer).toMatchObject({ matches: [], placementVersion: 3 });
  });

  test('is seen by a store that remembers an earlier one of the name', async () => {
    const spec = specOf(pod, 'remembered');
    await fill(pod, spec, [{ key: 'a', vector: [1, 2, 3, 4], metadata: {} }]);
    const other = await openPod();
    const search = (near: number[]) =>
      during((call) => other.store.search(queryOf(spec, near), call));
    expect((await search([1, 2, 3, 4])).matches).toHaveLength(1);

    await remove(spec);
    await fill(pod, { ...spec, dimension: 2, elementType: 'FLOAT16' }, [
      { key: 'b', vector: [1, 2], metadata: {} },
    ]);

    expect(await search([1, 2])).toMatchObject({ matches: [{ key: 'b' }], placementVersion: 3 });
    await other.close();
  });

  test('needs its bucket, and a name that no other table has', async () => {
    const spec = { ...specOf(pod, 'c'), bucket: 'no_such_bucket' };
    await expect(create(spec)).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', argument: 'input.bucket' },
    });
    await during((call) =>
      pod.database.query({ text: `create table "${pod.bucket}".foreign_one ()`, values: [] }, call),
    );
    expect(await codeFrom(create(specOf(pod, 'foreign_one')))).toBe('COLLECTION_EXISTS');
  });

  test('has one creator when several create it at once', async () => {
    const spec = specOf(pod, 'raced', { ifNotExists: true });
    const results = await Promise.all(Array.from({ length: 8 }, () => create(spec)));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(results.map(({ collection }) => collection.placement.uid)).size).toBe(1);
  });
});

describe('a part of a collection', () => {
  test('is not deleted by a word to this pod alone', async () => {
    const spec = specOf(pod, 'shared');
    await create(spec, placementOf(1));
    await create(spec, placementOf(1, { state: 'active' }));

    await expect(remove(spec, null)).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', argument: 'name' },
    });
    expect(await describeNow(spec)).toMatchObject({ placement: { state: 'active' } });
  });

  test('is made, repeated and activated by the same creation', async () => {
    const spec = specOf(pod, 'part');
    for (let i = 0; i < 2; i++) {
      expect(await create(spec, placementOf(1))).toMatchObject({
        created: false,
        collection: { placement: { state: 'creating', version: 1, slots: placementOf(1).slots } },
      });
    }
    const active = placementOf(1, { state: 'active' });
    expect((await create(spec, active)).created).toBe(true);
    expect((await create(spec, active)).created).toBe(false);
    expect(await describeNow(spec)).toMatchObject({ placement: { state: 'active' } });
  });

  test('gives way to a creation of a higher version only', async () => {
    const spec = specOf(pod, 'overtaken');
    await create(spec, placementOf(1, { version: 2 }));
    const late = await create(spec, placementOf(2, { version: 2 }));
    expect(late.collection.placement.uid).toBe(placementOf(1).uid);
    const newer = await create({ ...spec, dimension: 3 }, placementOf(3, { version: 3 }));
    expect(newer.collection).toMatchObject({
      dimension: 3,
      placement: { uid: placementOf(3).uid, version: 3 },
    });
    const activating = await create(spec, placementOf(1, { state: 'active' }));
    expect(activating.created).toBe(false);
  });

  test('does not come back below its tombstone', async () => {
    const spec = specOf(pod, 'buried');
    await create(spec, placementOf(1));
    expect(await remove(spec, placementOf(2, { version: 9 }))).toBe(false);
    expect(await remove(spec, placementOf(1, { version: 9 }))).toBe(true);
    const { collection } = await create(spec, placementOf(3, { version: 4 }));
    expect(collection.placement).toMatchObject({ state: 'dropped', version: 9 });
    expect(await remove(specOf(pod, 'never'), placementOf(1))).toBe(false);
  });
});

test('collections are listed in byte order, page by page', async () => {
  const names = ['Zeta', 'alpha', 'alpha_2', 'ä'];
  for (const name of names) await create(specOf(pod, `list ${name}`));
  await remove(specOf(pod, 'list alpha_2'));
  const list = (after: CollectionRef | null, everyState = false) =>
    during((call) =>
      pod.store.listCollections(
        { bucket: pod.bucket, prefix: 'list ', limit: 2, after, everyState },
        call,
      ),
    );

  const first = await list(null);
  expect(first.collections.map(({ collection }) => collection)).toEqual([
    'list Zeta',
    'list alpha',
  ]);
  expect(first).toMatchObject({ hasMore: true, pods: [{ pod: 'pod-a', error: null }] });
  const rest = await list(first.collections[1]!);
  expect(rest.collections.map(({ collection }) => collection)).toEqual(['list ä']);
  const every = await list(first.collections[1]!, true);
  expect(every.collections.map(({ collection }) => collection)).toEqual(['list alpha_2', 'list ä']);
});

test('a bucket is deleted when it holds no collection', async () => {
  const other = await openPod();
  await create({ ...specOf(other, 'c') });
  const removeBucket = () => during((call) => pod.store.deleteBucket(other.bucket, call));

  expect(await codeFrom(removeBucket())).toBe('BUCKET_NOT_EMPTY');
  expect(await during((call) => pod.store.listBuckets(other.bucket, call))).toMatchObject([
    { name: other.bucket, collectionCount: 1 },
  ]);
  await remove(specOf(other, 'c'));
  expect(await removeBucket()).toBe(true);
  expect(await removeBucket()).toBe(false);
  await other.close();
});

test('the default bucket, of which there is always one, is not deleted', async () => {
  const deletion = during((call) => pod.store.deleteBucket('vecs', call));

  expect(await codeFrom(deletion)).toBe('BAD_USER_INPUT');
});

test('a bucket is created once, and never out of a schema of somebody else', async () => {
  const make = (name: string) => during((call) => pod.store.createBucket(name, call));
  const made = await Promise.allSettled([make(`${pod.bucket}_2`), make(`${pod.bucket}_2`)]);
  expect(made.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await codeFrom(make(`${pod.bucket}_2`))).toBe('BAD_USER_INPUT');
  expect(await codeFrom(make('quiver'))).toBe('BAD_USER_INPUT');
});

test('a pod tells its versions, and that it is down without an error', async () => {
  const [up] = await during((call) => pod.store.pods(call));
  expect(up).toMatchObject({
    name: 'pod-a',
    healthy: true,
    postgres: expect.stringMatching(/^1[78]/),
  });
  expect(up!.pgvector).toMatch(/^0\.8/);
  const closed = await openPod();
  await closed.close();
  expect(await during((call) => closed.store.pods(call))).toMatchObject([{ healthy: false }]);
  const ref = specOf(pod, 'whole');
  const describing = during((call) => closed.store.describe(ref, call, { fresh: true }));
  expect(await codeFrom(describing)).toBe('POD_UNAVAILABLE');
});
