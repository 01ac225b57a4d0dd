import { randomUUID } from 'node:crypto';
import { slotOf } from '../../schema/key.ts';
import { ownersOf } from '../../schema/placement.ts';
import { openFaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, searchIn, specIn } from '../support/store-calls.ts';
import type { FaultyPods } from '../support/faulty-pods.ts';
import type { CollectionSpec, VectorStore } from '../../subgraphs/store.ts';

let pods: FaultyPods;
let collectionCount = 0;
let spec: CollectionSpec;

beforeAll(async () => {
  pods = await openFaultyPods();
});
afterAll(() => pods.close());

beforeEach(() => {
  spec = specIn(pods.bucket, `made_${collectionCount++}`);
});
afterEach(() => pods.repair());

const create = (gateway: VectorStore, more: Partial<CollectionSpec> = {}) =>
  during((call) => gateway.createCollection({ ...spec, ...more }, null, call));

const stateOn = async (store: VectorStore) =>
  (await during((call) => store.describe(spec, call, { fresh: true })))?.placement.state ?? null;

const isUsable = async (gateway: VectorStore): Promise<void> => {
  const write = { ...spec, version: null, records: line(30) };
  expect(await during((call) => gateway.upsert(write, call))).toBe(30);
  const query = searchIn(spec.bucket, spec.collection);
  const { matches, shards } = await during((call) => gateway.search(query, call));
  expect(matches.map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4']);
  expect(shards.filter((shard) => 'error' in shard)).toEqual([]);
};

test('of gateways that create the same collection at once one has created it', async () => {
  const gateways = [pods.gateway(), pods.gateway(), pods.gateway()];

  const results = await Promise.all(
    gateways.map((gateway) => create(gateway, { ifNotExists: true })),
  );

  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(results.map(({ collection }) => collection.placement.uid)).size).toBe(1);
  await isUsable(gateways[2]!);
});

test('without ifNotExists the others are told that it exists', async () => {
  const codes = await Promise.all(
    [pods.gateway(), pods.gateway()].map((gateway) => codeFrom(create(gateway))),
  );

  expect(new Set(codes)).toEqual(new Set(['COLLECTION_EXISTS', 'none']));
});

test('gateways that create the name with different dimensions leave one collection whole', async () => {
  const gateways = [pods.gateway(), pods.gateway()];

  const codes = await Promise.all(
    gateways.map((gateway, i) => codeFrom(create(gateway, { dimension: 2 + i }))),
  );

  expect(new Set(codes)).toEqual(new Set(['COLLECTION_EXISTS', 'none']));
  const rows = await Promise.all(
    [pods.a, pods.b, pods.c].map(({ store }) => during((call) => store.describe(spec, call))),
  );
  expect(new Set(rows.map((row) => row?.placement.uid)).size).toBe(1);
  expect(rows.map((row) => row?.placement.state)).toEqual(['active', 'active', 'active']);
});

describe('a creation that is cut half-way', () => {
  test.each([0, 1])(
    'at the second pod, in pass %i, is no collection, and is finished by the next',
    async (after) => {
      pods.b.break({ kind: 'fails', method: 'createCollection', after });
      expect(await codeFrom(create(pods.gateway()))).toBe('POD_UNAVAILABLE');
      pods.repair();

      expect(await stateOn(pods.gateway())).toBe('creating');
      const query = searchIn(spec.bucket, spec.collection);
      expect(await codeFrom(during((call) => pods.gateway().search(query, call)))).toBe(
        'COLLECTION_NOT_FOUND',
      );
      const listed = await during((call) =>
        pods.gateway().listCollections(
          {
            bucket: spec.bucket,
            prefix: spec.collection,
            limit: 9,
            after: null,
            everyState: false,
          },
          call,
        ),
      );
      expect(listed.collections).toEqual([]);

      const gateway = pods.gateway();
      expect((await create(gateway)).created).toBe(true);
      await isUsable(gateway);
    },
  );

  test('makes room for one with another dimension', async () => {
    pods.c.break({ kind: 'fails', method: 'createCollection', after: 0 });
    expect(await codeFrom(create(pods.gateway(), { dimension: 3 }))).toBe('POD_UNAVAILABLE');
    pods.repair();

    const gateway = pods.gateway();
    expect((await create(gateway)).created).toBe(true);
    await isUsable(gateway);
  });

  test.each([
    ['on a pod that it had activated', { pods: ['pod-c'] }],
    ['on two of its pods', { pods: ['pod-b', 'pod-c'] }],
    ['with another dimension', { dimension: 3 }],
  ])('in its second pass, when it may be in use, is finished before one %s', async (_, more) => {
    pods.b.break({ kind: 'fails', method: 'createCollection', after: 1 });
    expect(await codeFrom(create(pods.gateway()))).toBe('POD_UNAVAILABLE');
    pods.repair();
    expect(await stateOn(pods.c.store)).toBe('active');

    const gateway = pods.gateway();
    expect(await codeFrom(create(gateway, more))).toBe('COLLECTION_EXISTS');
    await isUsable(gateway);
    expect(await during((call) => gateway.deleteCollection(spec, null, call))).toBe(true);
    expect((await create(gateway, more)).created).toBe(true);
  });

  test('loses nothing of what was written to it while its first pod was down', async () => {
    pods.a.break({ kind: 'fails', method: 'createCollection', after: 1 });
    expect(await codeFrom(create(pods.gateway()))).toBe('POD_UNAVAILABLE');
    pods.a.break({ kind: 'down' });
    const gateway = pods.gateway();
    const { placement } = (await during((call) => gateway.describe(spec, call)))!;
    const owners = ownersOf(placement);
    const records = line(30).filter(({ key }) => owners[slotOf(key)] !== 'pod-a');
    expect(await during((call) => gateway.upsert({ ...spec, version: null, records }, call))).toBe(
      records.length,
    );
    pods.repair();

    expect(await codeFrom(create(pods.gateway(), { dimension: 3 }))).toBe('COLLECTION_EXISTS');
    expect(await during((call) => pods.gateway().count({ ...spec, filter: null }, call))).toBe(
      records.length,
    );
  });

  test('can be deleted', async () => {
    pods.c.break({ kind: 'fails', method: 'createCollection', after: 0 });
    await codeFrom(create(pods.gateway()));
    pods.repair();

    expect(await during((call) => pods.gateway().deleteCollection(spec, null, call))).toBe(true);
    expect(await stateOn(pods.a.store)).toBe('dropped');
  });
});

test('nothing is made while one of its pods is down', async () => {
  pods.b.break({ kind: 'down' });
  expect(await codeFrom(create(pods.gateway()))).toBe('POD_UNAVAILABLE');
  expect(await stateOn(pods.a.store)).toBeNull();

  expect((await create(pods.gateway(), { pods: ['pod-a'] })).created).toBe(true);
});

test('a pod that nobody configured is a mistake', async () => {
  const error = create(pods.gateway(), { pods: ['pod-a', 'pod-x'] });

  await expect(error).rejects.toMatchObject({
    extensions: { code: 'BAD_USER_INPUT', argument: 'input.pods' },
  });
});

test('what is there already is returned when it is the same, and told apart when it is not', async () => {
  await create(pods.gateway());

  expect((await create(pods.gateway(), { ifNotExists: true })).created).toBe(false);
  expect(await codeFrom(create(pods.gateway(), { ifNotExists: true, metric: 'L1' }))).toBe(
    'COLLECTION_EXISTS',
  );
});

test('a creation that comes too late leaves what is in use alone', async () => {
  const gateway = pods.gateway();
  const { placement } = (await create(gateway)).collection;
  const late = { ...placement, uid: randomUUID(), version: 9, state: 'creating' } as const;

  const { collection } = await during((call) => pods.b.store.createCollection(spec, late, call));

  expect(collection.placement.uid).toBe(placement.uid);
  await isUsable(gateway);
});
