import { openDatabaseStore } from '../../../gateway/topology.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import type { VectorStore } from '../../../subgraphs/store.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { createPgvector } from '../../../subgraphs/postgres/sql/pgvector.ts';
import { placedStanding } from '../../../subgraphs/postgres/sql/placements.ts';
import { createTable, vecsMapping } from '../../../subgraphs/postgres/table.ts';
import { vectorBytes } from '../../../subgraphs/postgres/vector-bytes.ts';
import { onReal, testDatabases } from '../../support/databases.ts';
import { vecsIndexSql, vecsTableSql, vecsUpsertSql } from '../../support/foreign-tables.ts';
import { createFreshDatabase, type FreshDatabase } from '../../support/fresh-database.ts';
import { codeFrom, during, indexIn, searchIn, silent, specIn } from '../../support/store-calls.ts';
import { vecsShape } from './made.ts';

const opened: { close(): Promise<void> }[] = [];
const databases: FreshDatabase[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const database of databases.splice(0)) await database.drop();
});

async function openStore(url: string): Promise<VectorStore> {
  const store = await openDatabaseStore({
    url,
    pod: 'reader',
    limits: defaultLimits,
    logger: silent,
  });
  opened.push(store);
  return store;
}

/** pgvector in a schema that no search_path has, and a table of vecs of three records. */
async function databaseOfVecs(vectorSchema = 'extensions'): Promise<FreshDatabase> {
  const database = await createFreshDatabase();
  databases.push(database);
  const rows = `('a', '[1,0]', '{"n": 1}'), ('b', '[0,1]', '{"n": 2}'), ('c', '[1,1]', '{}')`;
  const path = `set search_path = ${vectorSchema}, pg_catalog; `;
  await database.run(
    `create schema if not exists ${vectorSchema}`,
    `create extension vector schema ${vectorSchema}`,
    ...[
      ...vecsTableSql('vecs', 'movies', 2),
      vecsIndexSql('vecs', 'movies'),
      vecsUpsertSql('vecs', 'movies', rows),
    ].map((text) => path + text),
  );
  return database;
}

const movies = { bucket: 'vecs', collection: 'movies' };
/** All that a role needs to search. */
const readingMovies = (role: string): string[] => [
  `grant usage on schema vecs, extensions to ${role}`,
  `grant select on vecs.movies to ${role}`,
];
const near = (more = {}) =>
  searchIn('vecs', 'movies', { vector: Float32Array.of(1, 0), metric: 'COSINE', ...more });
const found = async (store: VectorStore, more = {}) =>
  (await during((call) => store.search(near(more), call))).matches.map(({ key }) => key);
const records = [{ key: 'd', vector: Float32Array.of(2, 0), metadata: { n: 4 } }];
const upsert = (store: VectorStore) =>
  during((call) => store.upsert({ ...movies, version: null, records }, call));
const filter = { kind: 'eq', path: ['n'], value: 2 } as const;

onReal('a database of another encoding is refused', async () => {
  const database = await createFreshDatabase("encoding 'LATIN1' locale 'C'");
  databases.push(database);

  await expect(openStore(database.url)).rejects.toThrow(
    'The database must have the encoding UTF8; it has LATIN1.',
  );
});

onReal('pgvector may be in a schema that is on no search_path', async () => {
  const store = await openStore((await databaseOfVecs('"Odd Schema"')).url);

  expect(await found(store, { mode: 'EXACT' })).toEqual(['a', 'c', 'b']);
  const answer = await during((call) => store.search(near({ mode: 'INDEX', limit: 2 }), call));
  expect(answer.matches.map(({ key }) => key)).toEqual(['a', 'c']);
  expect(answer.shards).toMatchObject([{ plan: 'HNSW' }]);
  expect(await found(store, { filter })).toEqual(['b']);
  expect(await upsert(store)).toBe(1);
  const half = specIn('vecs', 'half', { elementType: 'FLOAT16', metric: 'L1' });
  await during((call) => store.createCollection(half, null, call));
  const halves = { bucket: 'vecs', collection: 'half', version: null, records };
  expect(await during((call) => store.upsert(halves, call))).toBe(1);
  const index = indexIn('vecs', 'half', { metric: 'L1' });
  await during((call) => store.createIndex(index, call));
  const query = searchIn('vecs', 'half', { metric: 'L1', mode: 'INDEX' });
  const select = { metadata: 'all', vector: true } as const;
  expect((await during((call) => store.search({ ...query, select }, call))).matches).toEqual([
    { key: 'd', distance: 2, metadata: { n: 4 }, vector: Float32Array.of(2, 0) },
  ]);
});

onReal("an index gives the order of an operator that is named with pgvector's schema", async () => {
  const { url } = await databaseOfVecs('"Odd Schema"');
  const mapping = vecsMapping(movies);
  const table = createTable(mapping, vecsShape, {
    pgvector: createPgvector('Odd Schema'),
    standing: placedStanding,
  });
  const distance = table.distance('COSINE', '$1');
  const text = `explain select ${distance} from ${table.name} t order by ${distance} limit 2`;
  const database = openDatabase({ ...testDatabases()[0]!, url, pod: 'reader', logger: silent });
  opened.push(database);

  const plan = await during((call) =>
    database.transaction(async (query) => {
      await query({ text: 'set local enable_seqscan = off', values: [] });
      return query({ text, values: [vectorBytes(Float32Array.of(1, 0))] });
    }, call),
  );

  expect(JSON.stringify(plan)).toContain('Index Scan using ix_vector_cosine_ops_hnsw');
});

onReal('a role that may only read is enough to search, and nothing is made for it', async () => {
  const database = await databaseOfVecs();
  const role = await database.createRole();
  await database.run(...readingMovies(role.name), 'revoke create on schema public from public');

  const store = await openStore(role.url);

  expect(await found(store)).toEqual(['a', 'c', 'b']);
  expect(await found(store, { filter })).toEqual(['b']);
  expect(await during((call) => store.describe(movies, call))).toMatchObject({
    placement: { uid: 'found', slots: { reader: [[0, 1023]] } },
  });
  expect(await during((call) => store.count({ ...movies, filter: null }, call))).toBe(3);
  expect(await during((call) => store.listBuckets('', call))).toMatchObject([
    { name: 'vecs', collectionCount: 1, createdAt: null },
  ]);
  expect(await during((call) => store.pods(call))).toMatchObject([
    { name: 'reader', healthy: true, collectionCount: 1 },
  ]);
  await database.run(
    `do $$ begin assert to_regnamespace('quiver') is null, 'a schema was made'; end $$`,
  );
});

onReal('what a role may not do is FORBIDDEN, whatever it is', async () => {
  const database = await databaseOfVecs();
  const role = await database.createRole();
  await database.run(...readingMovies(role.name));
  const store = await openStore(role.url);
  const index = indexIn(movies.bucket, movies.collection);

  const refused = [
    upsert(store),
    during((call) => store.delete({ ...movies, target: { keys: ['a'] }, version: 0 }, call)),
    during((call) => store.deleteCollection(movies, null, call)),
    during((call) => store.createCollection(specIn('vecs', 'mine'), null, call)),
    during((call) => store.createBucket('mine', call)),
    during((call) => store.createIndex(index, call)),
  ];

  expect(await Promise.all(refused.map(codeFrom))).toEqual(refused.map(() => 'FORBIDDEN'));
  await expect(refused[0]).rejects.toThrow('permission denied for table movies');
  await database.run(`revoke select on vecs.movies from ${role.name}`);
  await expect(found(store)).rejects.toThrow('Its role needs USAGE on the schemas');
});

onReal('a role that may write to a table and create nothing writes to it', async () => {
  const database = await databaseOfVecs();
  const role = await database.createRole();
  await database.run(
    `grant usage on schema vecs, extensions to ${role.name}`,
    `grant select, insert, update, delete on vecs.movies to ${role.name}`,
  );
  const store = await openStore(role.url);

  expect(await upsert(store)).toBe(1);
  expect(await found(store, { limit: 2 })).toEqual(['a', 'd']);
});

onReal('where others have prepared the database a reader serves what they placed', async () => {
  const database = await databaseOfVecs();
  const owner = await openStore(database.url);
  await during((call) => owner.createCollection(specIn('vecs', 'placed'), null, call));
  const role = await database.createRole();

  await database.run(
    `grant usage on schema vecs, extensions to ${role.name}`,
    `grant select on all tables in schema vecs to ${role.name}`,
  );
  const store = await openStore(role.url);
  const query = searchIn('vecs', 'placed');
  expect(await during((call) => store.search(query, call))).toMatchObject({ placementVersion: 1 });
  expect(await found(store)).toEqual(['a', 'c', 'b']);
});

onReal(
  "where somebody keeps Quiver's own tables from a role, it is told what to ask for",
  async () => {
    const database = await databaseOfVecs();
    await openStore(database.url);
    const role = await database.createRole();
    const tables = 'quiver.bucket, quiver.placement, quiver.pod';
    await database.run(
      `revoke select on ${tables} from public`,
      'revoke usage on schema quiver from public',
      ...readingMovies(role.name),
    );

    const refusal = await openStore(role.url).then(() => 'none', String);

    expect(refusal).toContain(
      `The role ${role.name} must be able to read the schema quiver; it may not read bucket, changes, placement, pod.`,
    );
    await openStore(database.url);
    await database.run(/Run "(.*)"/.exec(refusal)![1]!);
    expect(await found(await openStore(role.url))).toEqual(['a', 'c', 'b']);
  },
);

onReal('a database that takes no writes is served as it is', async () => {
  const database = await databaseOfVecs();
  const role = await database.createRole();
  await database.run(
    ...readingMovies(role.name),
    `do $$ begin execute format('grant create on database %I to ${role.name}', current_database()); end $$`,
    `alter role ${role.name} set default_transaction_read_only = on`,
  );

  expect(await found(await openStore(role.url))).toEqual(['a', 'c', 'b']);
});

onReal('a build by another role is no leftover of one that failed', async () => {
  const database = await databaseOfVecs();
  const role = await database.createRole();
  await database.run(...readingMovies(role.name));
  const reader = await openStore(role.url);
  const states = async () => {
    const what = { count: false, bytes: false, indexes: true };
    const [[shard] = []] = await during((call) => reader.inspect([movies], what, call));
    return shard?.indexes?.map(({ metric, state }) => `${metric} ${state}`);
  };
  const writing = openDatabase({
    ...testDatabases()[0]!,
    url: database.url,
    pod: 'sql',
    logger: silent,
  });
  opened.push(writing);

  // A build waits for those who write to the table.
  const building = await during((call) =>
    writing.transaction(async (query) => {
      await query({ text: `update vecs.movies set metadata = '{}'`, values: [] });
      const build = database.run(
        'create index concurrently made on vecs.movies using hnsw (vec extensions.vector_l2_ops)',
      );
      while ((await states())?.length !== 2);
      expect(await states()).toEqual(['COSINE READY', 'L2 BUILDING']);
      return { build };
    }, call),
  );
  await building.build;
  expect(await states()).toEqual(['COSINE READY', 'L2 READY']);
});
