import { exactly } from '../../../subgraphs/postgres/search-plan.ts';
import { searchStatement } from '../../../subgraphs/postgres/sql/search.ts';
import { changeOf, hasMoved, runBehind } from '../../support/changes.ts';
import { onReal } from '../../support/databases.ts';
import { during, searchIn } from '../../support/store-calls.ts';
import { made, row } from './made.ts';
import { openPod, queryOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;
beforeEach(async () => {
  pod = await openPod();
});
afterEach(() => pod.close());

test.each<readonly [string, (table: string) => readonly string[]]>([
  ['an insertion', (t) => [`insert into ${t} values ${row('b')}`]],
  [
    'an upsert',
    (t) => [`insert into ${t} values ${row('a')} on conflict (id) do update set vec = '[2,0,0,0]'`],
  ],
  ['an update', (t) => [`update ${t} set metadata = '{"n": 1}'`]],
  ['an update of no row', (t) => [`update ${t} set metadata = '{}' where false`]],
  ['a deletion', (t) => [`delete from ${t}`]],
  ['a truncation', (t) => [`truncate ${t}`]],
  [
    'a merge',
    (t) => [`merge into ${t} t using (select 'a' as id) s on t.id = s.id when matched then delete`],
  ],
  ['a write in a savepoint', (t) => ['savepoint s', `delete from ${t}`, 'release s']],
  [
    'a write after one that was rolled back to a savepoint',
    (t) => ['savepoint s', `delete from ${t}`, 'rollback to s', `delete from ${t}`],
  ],
  [
    'a write in the role of a replica',
    (t) => ['set local session_replication_role = replica', `delete from ${t}`],
  ],
  [
    'a table that is written anew',
    (t) => [`alter table ${t} alter metadata type jsonb using '{"n": 2}'`],
  ],
])('%s is seen', async (_, statements) => {
  const { spec, table } = await made(pod, 'seen');
  const before = await changeOf(pod.store, spec);

  await runBehind(pod.database, ...statements(table));

  expect(hasMoved(before, await changeOf(pod.store, spec))).toBe(true);
});

test.each<readonly [string, string, (table: string) => readonly string[]]>([
  ['a write that is rolled back', 'division', (t) => [`delete from ${t}`, 'select 1 / 0']],
  ['a write that fails', 'duplicate', (t) => [`insert into ${t} values ${row('a')}`]],
])('%s is not counted', async (_, why, statements) => {
  const { spec, table } = await made(pod, 'unseen');
  const before = await changeOf(pod.store, spec);

  await expect(runBehind(pod.database, ...statements(table))).rejects.toThrow(why);

  expect(await changeOf(pod.store, spec)).toEqual(before);
});

test('however many statements a transaction has, it counts once', async () => {
  const { spec, table } = await made(pod, 'once');
  const before = await changeOf(pod.store, spec);

  await runBehind(pod.database, ...Array<string>(50).fill(`update ${table} set metadata = '{}'`));

  expect(await changeOf(pod.store, spec)).toEqual({ ...before, count: before!.count + 1 });
});

test('a collection made again under its name is another table, though it counts from the start', async () => {
  const { spec } = await made(pod, 'again');
  const before = await changeOf(pod.store, spec);
  await during((call) => pod.store.deleteCollection(spec, null, call));
  expect(await changeOf(pod.store, spec)).toBeNull();

  await during((call) => pod.store.createCollection(spec, null, call));

  const after = await changeOf(pod.store, spec);
  expect(after).toMatchObject({ count: 0 });
  expect(after!.table).not.toBe(before!.table);
});

test('a table that somebody made again is not counted, and neither is what is not there', async () => {
  const { spec, table } = await made(pod, 'anew');
  await runBehind(
    pod.database,
    `create table ${table}_copy (like ${table} including all)`,
    `drop table ${table}`,
    `alter table ${table}_copy rename to anew`,
  );

  expect(await changeOf(pod.store, spec)).toBeNull();
  expect(await changeOf(pod.store, { ...spec, collection: 'never_was' })).toBeNull();
});

test.each<readonly [string, (table: string) => string]>([
  ['with a table that inherits from it', (t) => `create table ${t}_child () inherits (${t})`],
  [
    'that inherits from another',
    (t) =>
      `create table ${t}_parent (id varchar collate "C" not null); alter table ${t} inherit ${t}_parent`,
  ],
  [
    'that is a partition',
    (t) => `
      create table ${t}_root (id varchar collate "C" not null, vec vector(4) not null,
        metadata jsonb not null default '{}') partition by list (id);
      alter table ${t}_root attach partition ${t} default`,
  ],
  ['that is not logged', (t) => `alter table ${t} set unlogged`],
  ['whose trigger is off', (t) => `alter table ${t} disable trigger all`],
  ['whose trigger is not always on', (t) => `alter table ${t} enable trigger all`],
  ['whose trigger is gone', (t) => `drop trigger quiver_changes on ${t}`],
])('a table %s is not counted', async (_, statement) => {
  const { spec, table } = await made(pod, 'odd');
  expect(await changeOf(pod.store, spec)).not.toBeNull();

  await runBehind(pod.database, statement(table));

  expect(await changeOf(pod.store, spec)).toBeNull();
});

test('what was written while the trigger was off cannot be missed afterwards', async () => {
  const { spec, table } = await made(pod, 'gap');
  const before = await changeOf(pod.store, spec);

  await runBehind(
    pod.database,
    `alter table ${table} disable trigger all`,
    `delete from ${table}`,
    `alter table ${table} enable always trigger quiver_changes`,
  );

  const after = await changeOf(pod.store, spec);
  expect(after!.table).not.toBe(before!.table);
});

test('a search gives the change only if it is asked, whether it finds anything or not', async () => {
  const { spec } = await made(pod, 'asked');
  const change = await changeOf(pod.store, spec);
  const search = async (more: object) =>
    (await during((call) => pod.store.search(queryOf(spec, [1, 0, 0, 0], more), call))).shards;

  expect(await search({})).toMatchObject([{ rowCount: 1, change: null }]);
  expect(await search({ changes: true })).toMatchObject([{ rowCount: 1, change }]);
  const nothing = { kind: 'eq', path: ['n'], value: 5 } as const;
  expect(await search({ changes: true, filter: nothing })).toMatchObject([{ rowCount: 0, change }]);
});

test('a search that does not ask for the change has nothing of it in its statement', async () => {
  const table = { name: 't', key: 't.id', conditions: [], distance: () => 'd', metadata: 'm' };
  const standing = { placement: 'p', fence: 'f' };
  const textOf = (counting: boolean): string =>
    searchStatement(searchIn('b', 'c'), exactly('ASKED'), {
      table: { ...table, standing } as never,
      rowsMax: 5,
      counting,
    }).text;

  expect(textOf(true)).toContain('quiver.changes');
  expect(textOf(false)).not.toMatch(/change/);
});

test('many rows become one, which counts the same', async () => {
  const { spec, table } = await made(pod, 'many');
  for (let i = 0; i < 120; i++) await runBehind(pod.database, `delete from ${table}`);
  const before = await changeOf(pod.store, spec);

  // Closing waits for the compaction that reading so many has begun.
  await pod.store.close();

  pod = { ...(await openPod()), bucket: spec.bucket };
  expect(await rowsOf(table)).toBe(1);
  expect(await changeOf(pod.store, spec)).toEqual(before);
});

async function rowsOf(table: string): Promise<number> {
  const text = 'select count(*)::int as rows from quiver.changes where relation = to_regclass($1)';
  const statement = { text, values: [table] };
  const [found] = await during((call) => pod.database.query<{ rows: number }>(statement, call));
  return found!.rows;
}

test('every hundredth write of a store compacts what nobody may ever read', async () => {
  const { spec, table } = await made(pod, 'written');
  const { bucket, collection } = spec;
  const target = { keys: ['none'] };
  for (let i = 0; i < 99; i++) {
    await during((call) => pod.store.delete({ bucket, collection, version: null, target }, call));
  }
  await pod.store.close();

  pod = { ...(await openPod()), bucket };
  expect(await rowsOf(table)).toBe(1);
  expect(await changeOf(pod.store, spec)).toMatchObject({ count: 100 });
});

test('what is left of tables that are gone goes when the database is opened', async () => {
  const { spec, table } = await made(pod, 'gone');
  const text = `select to_regclass($1)::oid::int as relation`;
  const statement = { text, values: [table] };
  const [found] = await during((call) => pod.database.query<{ relation: number }>(statement, call));
  await during((call) => pod.store.deleteCollection(spec, null, call));
  await pod.store.close();

  pod = await openPod();
  const left = {
    text: 'select from quiver.changes where relation = $1',
    values: [found!.relation],
  };
  expect(await during((call) => pod.database.query(left, call))).toEqual([]);
});

onReal('a copy is seen', async () => {
  const { spec, table } = await made(pod, 'copied');
  const before = await changeOf(pod.store, spec);

  await runBehind(
    pod.database,
    `copy ${table} from program 'echo "b;[1,0,0,0];{}"' (delimiter ';')`,
  );

  expect(hasMoved(before, await changeOf(pod.store, spec))).toBe(true);
});
