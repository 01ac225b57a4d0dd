import { openFaultyPods } from '../support/faulty-pods.ts';
import { runSql } from '../support/foreign-tables.ts';
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

beforeEach(async () => {
  spec = specIn(pods.bucket, `gone_${collectionCount++}`);
  const gateway = pods.gateway();
  await during((call) => gateway.createCollection(spec, null, call));
  const write = { ...spec, version: null, records: line(30) };
  await during((call) => gateway.upsert(write, call));
});
afterEach(() => pods.repair());

const remove = (gateway: VectorStore) =>
  during((call) => gateway.deleteCollection(spec, null, call));

const describeOn = (store: VectorStore) =>
  during((call) => store.describe(spec, call, { fresh: true }));

const stateOn = async (store: VectorStore) => (await describeOn(store))?.placement.state;

const list = (gateway: VectorStore) =>
  during((call) =>
    gateway.listCollections(
      { bucket: spec.bucket, prefix: spec.collection, limit: 9, after: null, everyState: false },
      call,
    ),
  );

/** The answer is there before the sweeping is done. */
async function untilSwept(store: VectorStore): Promise<void> {
  await during(async (call) => {
    while (!call.aborted) {
      const found = await store.describe(spec, call, { fresh: true });
      if (found?.placement.state === 'dropped') return;
    }
    throw new Error('not swept in time');
  });
}

test.each(['a', 'b', 'c'] as const)(
  'pod %s was down during a deletion and does not bring its part back',
  async (name) => {
    pods[name].break({ kind: 'down' });
    expect(await remove(pods.gateway())).toBe(true);
    pods.repair();
    expect(await stateOn(pods[name].store)).toBe('active');

    const gateway = pods.gateway();
    expect(await stateOn(gateway)).toBe('dropped');
    const query = searchIn(spec.bucket, spec.collection);
    expect(await codeFrom(during((call) => gateway.search(query, call)))).toBe(
      'COLLECTION_NOT_FOUND',
    );
    expect((await list(pods.gateway())).collections).toEqual([]);
    await untilSwept(pods[name].store);
  },
);

test('a new collection of the name starts empty, also on the pod that was down', async () => {
  pods.b.break({ kind: 'down' });
  await remove(pods.gateway());
  pods.repair();

  const gateway = pods.gateway();
  const again = { ...spec, dimension: 3 };
  expect((await during((call) => gateway.createCollection(again, null, call))).created).toBe(true);

  expect(await during((call) => gateway.count({ ...spec, filter: null }, call))).toBe(0);
  expect((await describeOn(pods.b.store))?.dimension).toBe(3);
});

test('a pod that lost its disk, and was used alone since, ends nothing on the others', async () => {
  await runSql([
    `drop table "${spec.bucket}"."${spec.collection}"`,
    `delete from quiver.placement where bucket = '${spec.bucket}' and collection = '${spec.collection}'`,
  ]);
  const alone = pods.a.store;
  await during((call) => alone.createCollection(spec, null, call));
  await during((call) => alone.deleteCollection(spec, null, call));
  await during((call) => alone.createCollection(spec, null, call));
  expect((await describeOn(alone))?.placement.version).toBe(3);

  const gateway = pods.gateway();
  await expect(describeOn(gateway)).rejects.toThrow('is another collection on each of');
  await list(pods.gateway());
  expect(await stateOn(pods.b.store)).toBe('active');
  expect(
    await during((call) => pods.c.store.count({ ...spec, filter: null }, call)),
  ).toBeGreaterThan(0);
});

test('a deletion that reaches no pod is an error, and the collection stays', async () => {
  for (const pod of [pods.a, pods.b, pods.c]) {
    pod.break({ kind: 'fails', method: 'deleteCollection', after: 0 });
  }
  expect(await codeFrom(remove(pods.gateway()))).toBe('POD_UNAVAILABLE');
  pods.repair();

  expect(await stateOn(pods.gateway())).toBe('active');
});

test('what was never there cannot be deleted, unless a silent pod may have it', async () => {
  spec = { ...spec, collection: 'never' };
  expect(await remove(pods.gateway())).toBe(false);

  pods.c.break({ kind: 'down' });
  expect(await codeFrom(remove(pods.gateway()))).toBe('POD_UNAVAILABLE');
});

test('a gateway that remembers a deleted collection learns that it is gone', async () => {
  const stale = pods.gateway();
  const query = searchIn(spec.bucket, spec.collection);
  await during((call) => stale.search(query, call));
  await remove(pods.gateway());

  expect(await codeFrom(during((call) => stale.search(query, call)))).toBe('COLLECTION_NOT_FOUND');
});
