import { openDatabaseStore } from '../../../gateway/topology.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import type { VectorStore } from '../../../subgraphs/store.ts';
import { changeOf, hasMoved, runBehind } from '../../support/changes.ts';
import { onReal, testDatabases } from '../../support/databases.ts';
import { vecsTableSql } from '../../support/foreign-tables.ts';
import { createFreshDatabase, type FreshDatabase } from '../../support/fresh-database.ts';
import { codeFrom, during, line, searchIn, silent, specIn } from '../../support/store-calls.ts';

const opened: { close(): Promise<void> }[] = [];
const databases: FreshDatabase[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  for (const database of databases.splice(0)) await database.drop();
});

async function freshDatabase(): Promise<FreshDatabase> {
  const database = await createFreshDatabase();
  databases.push(database);
  await database.run('create extension vector');
  return database;
}

async function openStore(url: string): Promise<VectorStore> {
  const store = await openDatabaseStore({ url, pod: 'p', limits: defaultLimits, logger: silent });
  opened.push(store);
  return store;
}

const docs = specIn('vecs', 'docs');
const found = { bucket: 'vecs', collection: 'movies' };
const insert = (table: string, key: string): string =>
  `insert into ${table} values ('${key}', '[1,0]', '{}')`;

/** A database with the collection `docs`. */
async function openDocs(): Promise<{ database: FreshDatabase; store: VectorStore }> {
  const database = await freshDatabase();
  const store = await openStore(database.url);
  await during((call) => store.createCollection(docs, null, call));
  return { database, store };
}

const watch = (store: VectorStore, on = true): Promise<void> =>
  during((call) => store.watch(found, on, call));

onReal('whoever may write a table is counted, without a right to anything of ours', async () => {
  const { database, store } = await openDocs();
  const before = await changeOf(store, docs);
  const role = await database.createRole();
  await database.run(
    'revoke usage on schema quiver from public',
    `grant usage on schema vecs to ${role.name}`,
    `grant insert on vecs.docs to ${role.name}`,
    `set role ${role.name}; ${insert('vecs.docs', 'a')}`,
  );

  expect(hasMoved(before, await changeOf(store, docs))).toBe(true);
});

onReal('a writer with a search_path of his own counts where everybody does', async () => {
  const { database, store } = await openDocs();
  const before = await changeOf(store, docs);
  const role = await database.createRole();
  const evil = `create function evil.pg_current_xact_id() returns xid8 language plpgsql
    as $$ begin raise 'called'; end $$`;
  const equal = `create function evil.equal(oid, oid) returns boolean language plpgsql
    as $$ begin raise 'called'; end $$`;
  await database.run(
    `create schema evil authorization ${role.name}`,
    `grant usage on schema vecs to ${role.name}`,
    `grant insert on vecs.docs to ${role.name}`,
    `set role ${role.name}; create table evil.changes (relation oid, transaction xid8); ${evil};
      ${equal}; create operator evil.= (leftarg = oid, rightarg = oid, function = evil.equal)`,
    `set role ${role.name}; set search_path = pg_temp, evil, pg_catalog;
      create temporary table changes (relation oid, transaction xid8); ${insert('vecs.docs', 'a')};
      do $$ begin assert not exists (select from changes union all select from evil.changes); end $$`,
  );

  expect(hasMoved(before, await changeOf(store, docs))).toBe(true);
});

onReal('nobody writes what is counted by hand', async () => {
  const { database } = await openDocs();
  const role = await database.createRole();

  const forge = `set role ${role.name}; insert into quiver.changes values (1, '1', 100)`;
  await expect(database.run(forge)).rejects.toThrow('permission denied');
});

onReal(
  'a role that may only read has the changes too, and leaves compacting to others',
  async () => {
    const { database, store } = await openDocs();
    const role = await database.createRole();
    await database.run(
      `alter role ${role.name} set default_transaction_read_only = on`,
      `grant usage on schema vecs to ${role.name}`,
      `grant select on vecs.docs to ${role.name}`,
    );
    for (let i = 0; i < 110; i++) await database.run(insert('vecs.docs', String(i)));
    const reader = await openStore(role.url);

    const change = await changeOf(reader, docs);
    expect(change).toMatchObject({ count: 110 });
    const query = searchIn('vecs', 'docs', { changes: true });
    const { shards } = await during((call) => reader.search(query, call));
    expect(shards).toMatchObject([{ rowCount: 5, change }]);

    await opened.pop()!.close();
    expect(await changeOf(store, docs)).toEqual(change);
    await opened.pop()!.close();
    await database.run(
      `do $$ begin assert (select array_agg(count) from quiver.changes) = '{110}'; end $$`,
    );
  },
);

onReal('a database of an older version begins to count when it is opened', async () => {
  const { database } = await openDocs();
  await opened.pop()!.close();
  const old = [
    'drop table quiver.changes',
    'drop function quiver.count_change cascade',
    'drop function quiver.compact_changes, quiver.watch, quiver.unwatch',
  ];
  await database.run(...old);

  const store = await openStore(database.url);

  expect(await changeOf(store, docs)).toMatchObject({ count: 0 });
  await during((call) => store.upsert({ ...docs, version: null, records: line(1) }, call));
  expect(await changeOf(store, docs)).toMatchObject({ count: 1 });
});

onReal('a table that is in use then keeps nobody waiting, and is watched by command', async () => {
  const { database } = await openDocs();
  await opened.pop()!.close();
  await database.run('drop table quiver.changes', 'drop function quiver.count_change cascade');
  await database.run('drop function quiver.compact_changes, quiver.watch, quiver.unwatch');
  const options = { ...testDatabases()[0]!, url: database.url, pod: 'p', logger: silent };
  const writer = openDatabase(options);
  opened.push(writer);

  const store = await during((call) =>
    writer.transaction(async (query) => {
      await query({ text: insert('vecs.docs', 'a'), values: [] });
      return openStore(database.url);
    }, call),
  );
  expect(await changeOf(store, docs)).toBeNull();

  await during((call) => store.watch(docs, true, call));
  const before = await changeOf(store, docs);
  await runBehind(writer, insert('vecs.docs', 'b'));
  expect(hasMoved(before, await changeOf(store, docs))).toBe(true);
});

onReal('where Quiver may make nothing, nothing is counted and all else works', async () => {
  const { database } = await openDocs();
  await opened.pop()!.close();
  const role = await database.createRole();
  await database.run(
    'drop table quiver.changes cascade',
    `grant usage on schema vecs to ${role.name}`,
    `grant select on vecs.docs to ${role.name}`,
  );

  const store = await openStore(role.url);

  expect(await changeOf(store, docs)).toBeNull();
  const query = searchIn('vecs', 'docs', { changes: true });
  expect((await during((call) => store.search(query, call))).shards).toMatchObject([
    { change: null },
  ]);
  expect(await codeFrom(during((call) => store.watch(docs, true, call)))).toBe('FORBIDDEN');
});

onReal('a table that Quiver did not make is counted when its owner wants it', async () => {
  const database = await freshDatabase();
  await database.run(...vecsTableSql('vecs', 'movies', 2));
  const store = await openStore(database.url);
  expect(await changeOf(store, found)).toBeNull();

  await watch(store);
  await watch(store);
  const before = await changeOf(store, found);
  await database.run(insert('vecs.movies', 'a'));
  expect(hasMoved(before, await changeOf(store, found))).toBe(true);

  await watch(store, false);
  expect(await changeOf(store, found)).toBeNull();
});

onReal('a mapped table is counted under the name of its collection', async () => {
  const database = await freshDatabase();
  await database.run(
    'create schema "Odd ""Schema"',
    `create table "Odd ""Schema"."it's" (id bigint primary key, v vector(2))`,
  );
  const mapping = { schema: 'Odd "Schema', table: "it's", id: 'id', vector: 'v', metadata: null };
  const columns = { mapping: { ...mapping, columns: [] } };
  const setting = { ...found, ...columns, metric: 'L2', pods: null, embedder: null } as const;
  const options = { url: database.url, pod: 'p', limits: defaultLimits, logger: silent };
  const store = await openDatabaseStore({ ...options, collections: [setting] });
  opened.push(store);

  await watch(store);
  const before = await changeOf(store, found);
  await database.run(`insert into "Odd ""Schema"."it's" values (1, '[1,0]')`);
  const after = await changeOf(store, found);
  expect(hasMoved(before, after)).toBe(true);
  const query = searchIn('vecs', 'movies', { changes: true });
  expect((await during((call) => store.search(query, call))).shards).toMatchObject([
    { rowCount: 1, change: after },
  ]);
});

onReal(
  'a table is another one under another mapping, where its records look different',
  async () => {
    const database = await freshDatabase();
    await database.run('create table public.plain (id bigint primary key, vec vector(2), n int)');
    const table = { schema: 'public', table: 'plain', id: 'id', vector: 'vec', metadata: null };
    const [without, withN, again] = [[], ['n'], ['n']].map((columns) => {
      const setting = { ...found, mapping: { ...table, columns }, pods: null, embedder: null };
      const collections = [{ ...setting, metric: 'L2' as const }];
      return openDatabaseStore({
        url: database.url,
        pod: 'p',
        limits: defaultLimits,
        logger: silent,
        collections,
      });
    });
    const stores = await Promise.all([without!, withN!, again!]);
    opened.push(...stores);
    await watch(stores[0]);

    const [plain, numbered, same] = await Promise.all(
      stores.map((store) => changeOf(store, found)),
    );
    expect(plain?.table).not.toBe(numbered?.table);
    expect(same).toEqual(numbered);
  },
);

onReal('who is not the owner is told so, and so is who wants what cannot be counted', async () => {
  const database = await freshDatabase();
  await database.run(...vecsTableSql('vecs', 'movies', 2));
  await openStore(database.url);
  const role = await database.createRole();
  await database.run(
    `grant usage on schema vecs to ${role.name}`,
    `grant all on vecs.movies to ${role.name}`,
  );

  const other = await openStore(role.url);
  await expect(watch(other)).rejects.toMatchObject({
    message: expect.stringContaining('must be owner of table movies'),
    extensions: { code: 'FORBIDDEN' },
  });
  expect(await changeOf(other, found)).toBeNull();

  await database.run('alter table vecs.movies set unlogged');
  const refused = { code: 'BAD_USER_INPUT', argument: 'collection' };
  await expect(watch(opened[0] as VectorStore)).rejects.toMatchObject({ extensions: refused });
});

onReal('what comes by logical replication is counted', async () => {
  const [from, to] = [await openDocs(), await openDocs()];
  const slot = `quiver_${new URL(from.database.url).pathname.slice(1)}`;
  await from.database.run(
    'create publication all_docs for table vecs.docs',
    `select pg_create_logical_replication_slot('${slot}', 'pgoutput')`,
  );
  await to.database.run(
    `create subscription docs_here connection '${from.database.url}' publication all_docs
      with (create_slot = false, slot_name = '${slot}', copy_data = false)`,
  );
  try {
    const before = await changeOf(to.store, docs);
    await from.database.run(insert('vecs.docs', 'a'), insert('vecs.docs', 'b'));

    const query = searchIn('vecs', 'docs', { changes: true });
    const search = () => during((call) => to.store.search(query, call));
    let answer = await search();
    while (answer.matches.length < 2) answer = await search();
    expect(answer.shards).toMatchObject([{ change: { ...before, count: before!.count + 2 } }]);
  } finally {
    await to.database.run('drop subscription docs_here');
  }
});
