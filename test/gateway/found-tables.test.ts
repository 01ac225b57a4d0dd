import { createHomes } from '../../gateway/sharded/found.ts';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import { foundUid } from '../../schema/placement.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, searchIn, silent, specIn } from '../support/store-calls.ts';
import { openPodDatabase } from '../subgraphs/postgres/open-pod.ts';

let pods: FaultyPods;
const databases = [0, 1, 2].map(openPodDatabase);
let tableCount = 0;
let name: string;
let gateway: VectorStore;

beforeAll(async () => {
  pods = await openFaultyPods();
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await pods.close();
});
beforeEach(() => {
  name = `found_${tableCount++}`;
  gateway = pods.gateway();
});
afterEach(() => pods.repair());

/** A table on the i-th pod that Quiver did not make, with a record [n, 0] a key. */
async function makeTable(i: number, keys: readonly number[], type = 'vector(2)'): Promise<void> {
  const table = `"${pods.bucket}"."${name}"`;
  const run = (text: string) => during((call) => databases[i]!.query({ text, values: [] }, call));
  await run(`create table ${table} (
    id varchar primary key, vec ${type} not null, metadata jsonb not null default '{}')`);
  for (const n of keys) {
    const rest = type === 'vector(3)' ? ',0' : '';
    await run(
      `insert into ${table} values ('${n}', '[${n},0${rest}]', '{"pod": ${i}, "n": ${n}}')`,
    );
  }
}

const ref = () => ({ bucket: pods.bucket, collection: name });
const select = { metadata: 'all', vector: false } as const;
const search = (store = gateway) =>
  during((call) => store.search({ ...searchIn(pods.bucket, name), select }, call));
const fetch = (...keys: string[]) =>
  during((call) => gateway.fetch({ ...ref(), keys, select }, call));
const count = () => during((call) => gateway.count({ ...ref(), filter: null }, call));
const upsert = (store = gateway) =>
  during((call) => store.upsert({ ...ref(), version: null, records: line(9) }, call));
const scan = (key: string | null, limit = 2) =>
  during((call) =>
    gateway.scan(
      {
        ...ref(),
        filter: null,
        limit,
        orderBy: [],
        after: key === null ? null : { key, values: [] },
        segment: { index: 0, of: 1 },
        select,
      },
      call,
    ),
  );
const inspect = () =>
  during((call) => gateway.inspect([ref()], { count: true, bytes: false, indexes: false }, call));

describe('a table on one pod', () => {
  beforeEach(() => makeTable(1, [1, 2, 3]));

  test('is that pod’s: it is read and written there', async () => {
    expect((await search()).matches.map(({ key }) => key)).toEqual(['1', '2', '3']);
    expect(await upsert()).toBe(9);
    expect(await count()).toBe(9);
    expect(await inspect()).toMatchObject([[{ pod: 'pod-b', slotCount: 1_024, count: 9 }]]);
    const found = await during((call) => gateway.describe(ref(), call));
    expect(found?.placement).toMatchObject({ uid: foundUid, slots: { 'pod-b': [[0, 1_023]] } });
  });

  test('is listed once, and deleted', async () => {
    const query = { bucket: pods.bucket, prefix: name, limit: 9, after: null, everyState: false };
    const { collections } = await during((call) => gateway.listCollections(query, call));

    expect(collections.map(({ collection }) => collection)).toEqual([name]);
    expect(await during((call) => gateway.deleteCollection(ref(), null, call))).toBe(true);
    expect(await codeFrom(search())).toBe('COLLECTION_NOT_FOUND');
  });

  test('is searched while a pod is silent, which may have it too, and not written to', async () => {
    pods.c.break({ kind: 'down' });

    const { matches, shards } = await search();
    expect(matches).toHaveLength(3);
    expect(shards.map((shard) => [shard.pod, 'error' in shard])).toEqual([
      ['pod-b', false],
      ['pod-c', true],
    ]);
    expect(await fetch('1', '9')).toEqual([
      expect.objectContaining({ key: '1' }),
      expect.objectContaining({ message: 'Pod "pod-c" is down.' }),
    ]);
    expect(await codeFrom(upsert())).toBe('POD_UNAVAILABLE');
    const deletion = during((call) => gateway.deleteCollection(ref(), null, call));
    expect(await codeFrom(deletion)).toBe('POD_UNAVAILABLE');

    pods.repair();
    expect((await search()).shards.map(({ pod }) => pod)).toEqual(['pod-b']);
    expect(await upsert()).toBe(9);
  });

  test('gives way to a placement that it gets on its pod', async () => {
    await search();
    const table = `"${pods.bucket}"."${name}"`;
    await during((call) => databases[1]!.query({ text: `drop table ${table}`, values: [] }, call));
    const spec = specIn(pods.bucket, name);
    await during((call) => pods.gateway().createCollection(spec, null, call));

    expect(await upsert()).toBe(9);
    expect((await search()).shards).toHaveLength(3);
  });

  test('is hidden by a placed collection on another pod', async () => {
    pods.b.break({ kind: 'down' });
    const spec = specIn(pods.bucket, name, { pods: ['pod-a'] });
    await during((call) => pods.gateway().createCollection(spec, null, call));
    pods.repair();

    expect((await search()).matches).toEqual([]);
    expect((await search()).shards.map(({ pod }) => pod)).toEqual(['pod-a']);
  });

  test('takes its name', async () => {
    const create = (ifNotExists: boolean) =>
      during((call) =>
        gateway.createCollection(
          specIn(pods.bucket, name, { metric: 'COSINE', ifNotExists }),
          null,
          call,
        ),
      );

    expect(await codeFrom(create(false))).toBe('COLLECTION_EXISTS');
    expect((await create(true)).created).toBe(false);
  });
});

describe('a table on several pods', () => {
  beforeEach(async () => {
    await makeTable(0, [1, 2, 5]);
    await makeTable(2, [2, 3, 4]);
  });

  test('is searched on all, and a key on two of them counts once, the first pod’s', async () => {
    const { matches, shards } = await search();

    expect(matches.map(({ key }) => key)).toEqual(['1', '2', '3', '4', '5']);
    expect(matches[1]?.metadata).toEqual({ pod: 0, n: 2 });
    expect(shards.map(({ pod }) => pod)).toEqual(['pod-a', 'pod-c']);
  });

  test('is read by key on all, and scanned and counted over all', async () => {
    const records = await fetch('4', '2', '9', '1');

    expect(records.map((record) => record && 'metadata' in record && record.metadata)).toEqual([
      { pod: 2, n: 4 },
      { pod: 0, n: 2 },
      null,
      { pod: 0, n: 1 },
    ]);
    const first = await scan(null);
    const second = await scan('2', 9);
    expect(first).toMatchObject({ records: [{ key: '1' }, { key: '2' }], hasMore: true });
    expect(second).toMatchObject({ records: [{ key: '3' }, { key: '4' }, { key: '5' }] });
    expect(second.hasMore).toBe(false);
    expect(await count()).toBe(6);
  });

  test('has no slots', async () => {
    expect(await inspect()).toMatchObject([
      [
        { pod: 'pod-a', slotCount: null, count: 3 },
        { pod: 'pod-c', slotCount: null, count: 3 },
      ],
    ]);
    const found = await during((call) => gateway.describe(ref(), call));
    expect(found?.placement).toMatchObject({ slots: { 'pod-a': [], 'pod-c': [] } });
  });

  test('refuses writes, and says how to declare its placement', async () => {
    const keys = ['1'];
    const writes = [
      during((call) => gateway.delete({ ...ref(), version: null, target: { keys } }, call)),
      during((call) =>
        gateway.updateMetadata(
          { ...ref(), version: null, keys, set: { a: 1 }, unset: [], dryRun: false },
          call,
        ),
      ),
      during((call) => gateway.deleteCollection(ref(), null, call)),
      upsert(),
    ];

    for (const write of writes) {
      await expect(write).rejects.toMatchObject({
        message: expect.stringContaining(
          `collections: [{ name: ${name}, bucket: ${pods.bucket}, pods: [pod-a] }]`,
        ) as string,
        extensions: { code: 'BAD_USER_INPUT', argument: 'collection' },
      });
    }
    expect(await count()).toBe(6);
  });

  test('loses what a filter matches on every pod, for that needs no placement', async () => {
    const filter = { kind: 'eq', path: ['n'], value: 2 } as const;
    const write = { ...ref(), version: null, target: { filter } };

    expect(await during((call) => gateway.delete(write, call))).toBe(2);
    expect(await count()).toBe(4);
    pods.b.break({ kind: 'down' });
    expect(await codeFrom(during((call) => gateway.delete(write, call)))).toBe('POD_UNAVAILABLE');
  });

  test('is one pod’s where the configuration says so, whatever the others have', async () => {
    const homeOf = createHomes([{ ...ref(), pods: ['pod-c'] }]);
    const stores = [pods.a, pods.b, pods.c].map(({ store }, i) => ({
      name: `pod-${'abc'[i]}`,
      store,
    }));
    const declared = createShardedStore({ pods: stores, logger: silent, homeOf });
    pods.b.break({ kind: 'down' });

    expect((await search(declared)).matches.map(({ key }) => key)).toEqual(['2', '3', '4']);
    expect(await upsert(declared)).toBe(9);
    expect((await search(declared)).shards.map(({ pod }) => pod)).toEqual(['pod-c']);
  });
});

test('tables that differ between pods are not guessed at', async () => {
  await makeTable(0, [1]);
  await makeTable(1, [1], 'vector(3)');

  await expect(search()).rejects.toMatchObject({
    message: expect.stringContaining('has the dimension 2 on pod-a and 3 on pod-b') as string,
    extensions: { code: 'BAD_USER_INPUT', argument: 'collection' },
  });
  expect(await codeFrom(upsert())).toBe('BAD_USER_INPUT');
  expect(await codeFrom(during((call) => gateway.describe(ref(), call)))).toBe('BAD_USER_INPUT');
  expect(await codeFrom(during((call) => gateway.deleteCollection(ref(), null, call)))).toBe(
    'BAD_USER_INPUT',
  );
});

test('copies of a placement that differ are not guessed at', async () => {
  const spec = specIn(pods.bucket, name);
  await during((call) => gateway.createCollection(spec, null, call));
  await during((call) =>
    databases[1]!.query(
      {
        text: `update quiver.placement set slots = '{"pod-b": [[0, 1023]]}'
          where bucket = $1 and collection = $2`,
        values: [pods.bucket, name],
      },
      call,
    ),
  );

  await expect(search(pods.gateway())).rejects.toThrow(/has other slots on pod-a than on pod-b/);
});

test('a table that comes up on a second pod is noticed', async () => {
  await makeTable(0, [1]);
  expect((await search()).shards).toHaveLength(1);
  await makeTable(1, [2]);

  // Whoever has not read it yet sees it at once; a memory of it lasts some seconds.
  expect((await search(pods.gateway())).shards).toHaveLength(2);
  const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 15_000);
  const { matches } = await search();
  later.mockRestore();
  expect(matches.map(({ key }) => key)).toEqual(['1', '2']);
});
