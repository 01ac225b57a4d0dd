import { defaultLimits } from '../../../schema/limits.ts';
import type { Filter } from '../../../schema/filter.ts';
import { openPostgresStore } from '../../../subgraphs/postgres/postgres-store.ts';
import { runSql } from '../../support/foreign-tables.ts';
import { codeFrom, during, scanIn, searchIn, silent, specIn } from '../../support/store-calls.ts';
import { openPod, openPodDatabase, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(async () => {
  await runSql([`drop schema "${pod.bucket}" cascade`]);
  await pod.close();
});

const refOf = (collection: string) => ({ bucket: pod.bucket, collection });

const search = (collection: string, filter: Filter | null) =>
  during((call) =>
    pod.store.search(
      searchIn(pod.bucket, collection, {
        filter,
        limit: 20,
        select: { metadata: 'all', vector: false },
      }),
      call,
    ),
  );

const update = (collection: string, key: string) =>
  during((call) =>
    pod.store.updateMetadata(
      { ...refOf(collection), keys: [key], set: { x: 1 }, unset: [], dryRun: false, version: null },
      call,
    ),
  );

const upsert = (collection: string, key: string) =>
  during((call) =>
    pod.store.upsert(
      {
        ...refOf(collection),
        records: [{ key, vector: Float32Array.of(1, 0), metadata: {} }],
        version: null,
      },
      call,
    ),
  );

const scan = async (collection: string) => {
  const query = scanIn(pod.bucket, collection, { select: { metadata: 'all', vector: false } });
  const { records } = await during((call) => pod.store.scan(query, call));
  return records.map(({ key, metadata }) => [key, metadata]);
};

test('a table that others inherit from has their rows, and each by its own metadata', async () => {
  const table = `"${pod.bucket}".family`;
  const rows = (key: string, from: number) =>
    `select '${key}' || n, array[n, 0]::vector, json_build_object('n', n + ${from})::jsonb
     from generate_series(1, 2000) n`;
  await runSql([
    `create table ${table} (id varchar primary key, vec vector(2) not null, metadata jsonb not null)`,
    `create table "${pod.bucket}".child (primary key (id)) inherits (${table})`,
    `insert into ${table} ${rows('a', 0)}`,
    `insert into "${pod.bucket}".child ${rows('b', 5_000)}`,
    `create index on ${table} using hnsw (vec vector_l2_ops)`,
    `analyze ${table}`,
  ]);

  const { matches, shards } = await search('family', { kind: 'lt', path: ['n'], value: 4 });
  expect(shards).toMatchObject([{ exactReason: 'FEW_MATCHES' }]);
  expect(matches.map(({ key }) => key)).toEqual(['a1', 'a2', 'a3']);
  const later = await search('family', { kind: 'gt', path: ['n'], value: 6_997 });
  expect(later.matches.map(({ key }) => key)).toEqual(['b1998', 'b1999', 'b2000']);
  // A key of the child would get a second row in the parent.
  expect(await codeFrom(upsert('family', 'b1'))).toBe('BAD_USER_INPUT');
});

test('rows of one id are found and deleted, and not changed, for one would get the metadata of another', async () => {
  const table = `"${pod.bucket}".twins`;
  await runSql([
    `create table ${table} (id varchar, vec vector(2), metadata jsonb)`,
    `insert into ${table} values ('a', '[1,0]', '{"w": 1}'), ('a', '[2,0]', '{"w": 2}'), ('b', '[3,0]', '{}')`,
  ]);

  const { matches } = await search('twins', null);
  expect(matches.map(({ key, metadata }) => [key, metadata])).toEqual([
    ['a', { w: 1 }],
    ['a', { w: 2 }],
    ['b', {}],
  ]);
  await expect(upsert('twins', 'a')).rejects.toThrow('must have a unique index on "id"');
  await expect(update('twins', 'a')).rejects.toThrow('must have a unique index on "id"');
  expect(await scan('twins')).toContainEqual(['a', { w: 1 }]);
  const target = { keys: ['a'] };
  const remove = during((call) =>
    pod.store.delete({ ...refOf('twins'), target, version: null }, call),
  );
  expect(await remove).toBe(2);
});

test('a row without an id is no record', async () => {
  const table = `"${pod.bucket}".nameless`;
  await runSql([
    `create table ${table} (id varchar unique, vec vector(2), metadata jsonb)`,
    `insert into ${table} values (null, '[0,0]', '{}'), (null, '[0,0]', '{}'), ('a', '[1,0]', '{}')`,
  ]);
  const query = searchIn(pod.bucket, 'nameless', { limit: 1 });

  const { matches, hasMore } = await during((call) => pod.store.search(query, call));
  expect(matches.map(({ key }) => key)).toEqual(['a']);
  expect(hasMore).toBe(false);
  expect(await scan('nameless')).toEqual([['a', {}]]);
  const counting = during((call) => pod.store.count({ ...refOf('nameless'), filter: null }, call));
  expect(await counting).toBe(1);
  const what = { count: true, bytes: false, indexes: false };
  const inspecting = during((call) => pod.store.inspect([refOf('nameless')], what, call));
  expect(await inspecting).toMatchObject([[{ count: 1 }]]);
});

test.each(['', 'not null'])('metadata that is no object is an empty one: %j', async (nullable) => {
  const name = nullable === '' ? 'loose' : 'strict';
  const table = `"${pod.bucket}".${name}`;
  await runSql([
    `create table ${table} (id varchar primary key, vec vector(2), metadata jsonb ${nullable})`,
    `insert into ${table} values ('a', '[1,0]', 'null'), ('b', '[2,0]', '[1]'), ('c', '[3,0]', '{"n": 1}')`,
  ]);

  const { matches } = await search(name, null);
  expect(matches.map(({ metadata }) => metadata)).toEqual([{}, {}, { n: 1 }]);
  expect(await update(name, 'a')).toBe(1);
  expect(await update(name, 'b')).toBe(1);
  expect(await scan(name)).toEqual([
    ['a', { x: 1 }],
    ['b', { x: 1 }],
    ['c', { n: 1 }],
  ]);
});

test('a column that a record does not name gets its default, whatever others of the write name', async () => {
  const { bucket } = pod;
  await runSql([
    `create table "${bucket}".items (id int primary key, vec vector(2), name text, size int not null default 7)`,
    `insert into "${bucket}".items values (2, '[0,0]', 'old', 1)`,
  ]);
  const mapping = { schema: bucket, table: 'items', id: 'id', vector: 'vec', metadata: null };
  const columns = ['name', 'size'];
  const store = await openPostgresStore({
    database: openPodDatabase(),
    pod: 'pod-a',
    limits: defaultLimits,
    logger: silent,
    collections: [{ ...refOf('mixed'), metric: null, mapping: { ...mapping, columns } }],
  });
  const vector = Float32Array.of(1, 0);
  const records = [
    { key: '1', vector, metadata: { name: 'one', size: 5 } },
    { key: '2', vector, metadata: { name: 'two' } },
    { key: '3', vector, metadata: {} },
    { key: '4', vector, metadata: { name: null, size: 6 } },
  ];

  const write = { ...refOf('mixed'), version: null, records };
  expect(await during((call) => store.upsert(write, call))).toBe(4);
  await store.close();

  expect(await runSql([`select id, name, size from "${bucket}".items order by id`])).toEqual([
    { id: 1, name: 'one', size: 5 },
    { id: 2, name: 'two', size: 7 },
    { id: 3, name: null, size: 7 },
    { id: 4, name: null, size: 6 },
  ]);
});

test.each([
  ['another dimension', `alter column vec type vector(3) using '[1,2,3]'`],
  ['no metadata', 'drop column metadata'],
])('a pod whose table has got %s says so', async (_, change) => {
  const name = change.split(' ')[0]!;
  await during((call) => pod.store.createCollection(specIn(pod.bucket, name), null, call));
  expect(await upsert(name, 'a')).toBe(1);
  await runSql([`alter table "${pod.bucket}"."${name}" ${change}`]);

  for (const use of [() => search(name, null), () => upsert(name, 'b')]) {
    await expect(use()).rejects.toMatchObject({
      message: expect.stringContaining(`cannot serve "${name}", whose table`) as string,
      extensions: { code: 'POD_UNAVAILABLE', outcome: 'notWritten' },
    });
  }
});
