import { defaultLimits } from '../../../schema/limits.ts';
import type { CollectionSetting } from '../../../subgraphs/postgres/catalogue.ts';
import { openPostgresStore } from '../../../subgraphs/postgres/postgres-store.ts';
import { createPgvector } from '../../../subgraphs/postgres/sql/pgvector.ts';
import { placedStanding } from '../../../subgraphs/postgres/sql/placements.ts';
import { fetchStatement } from '../../../subgraphs/postgres/sql/records.ts';
import { createTable, type TableMapping } from '../../../subgraphs/postgres/table.ts';
import type { JsonObject } from '../../../schema/filter.ts';
import type { VectorStore } from '../../../subgraphs/store.ts';
import { freshBucket } from '../../support/databases.ts';
import { documentsSql, runSql } from '../../support/foreign-tables.ts';
import { codeFrom, during, scanIn, searchIn, silent, specIn } from '../../support/store-calls.ts';
import { openPodDatabase } from './open-pod.ts';
import { vecsShape } from './made.ts';

const schema = freshBucket();
const bucket = 'mapped';
const docs = { bucket, collection: 'docs' };

const mappingOf = (table: string, more: Partial<TableMapping> = {}): TableMapping => ({
  schema,
  table,
  id: 'id',
  vector: 'embedding',
  metadata: 'metadata',
  columns: [],
  ...more,
});

const collections: readonly CollectionSetting[] = [
  {
    ...docs,
    metric: null,
    mapping: mappingOf('documents', { columns: ['content', 'created_at'] }),
  },
  { bucket, collection: 'whole', metric: 'L2', mapping: mappingOf('documents') },
  {
    bucket,
    collection: 'bare',
    metric: null,
    mapping: mappingOf('documents', { metadata: null, columns: ['content'] }),
  },
  { bucket, collection: 'people', metric: null, mapping: mappingOf('people', { vector: 'face' }) },
  {
    bucket,
    collection: 'wrong',
    metric: null,
    mapping: mappingOf('documents', { id: 'content_id' }),
  },
  {
    bucket,
    collection: 'twice',
    metric: null,
    mapping: mappingOf('documents', { columns: ['content', 'id'] }),
  },
  { bucket, collection: 'absent', metric: null, mapping: mappingOf('nowhere') },
];

let store: VectorStore;

beforeAll(async () => {
  await runSql([
    ...documentsSql(schema),
    `create table ${schema}.people (id uuid primary key, face halfvec(2), metadata jsonb not null)`,
    `insert into ${schema}.people values ('0a0a0a0a-0000-4000-8000-00000000000b', '[1,2]', '{"name": "Ada"}')`,
  ]);
  const options = { pod: 'pod-a', limits: defaultLimits, logger: silent, collections };
  store = await openPostgresStore({ ...options, database: openPodDatabase() });
});
beforeEach(async () => {
  await runSql([
    `truncate ${schema}.documents`,
    `insert into ${schema}.documents (id, content, metadata, embedding, created_at) values
       (2, 'two', '{"lang": "en", "n": 5}', '[1,0,0]', '2024-05-06T07:08:09Z'),
       (10, 'ten', null, '[1,1,0]', null),
       (9, null, '{"lang": "de", "n": "5", "content": "below"}', '[0,0,1]', null),
       (7, 'seven', '{}', null, null)`,
  ]);
});
afterAll(async () => {
  await store.close();
  await runSql([`drop schema ${schema} cascade`]);
});

const select = { metadata: 'all', vector: false } as const;
const fetched = async (keys: readonly string[], collection = 'docs') =>
  during((call) => store.fetch({ bucket, collection, keys, select }, call));
const keysNear = async (more = {}, collection = 'docs') => {
  const query = searchIn(bucket, collection, { vector: Float32Array.of(1, 0, 0), ...more });
  return (await during((call) => store.search(query, call))).matches.map(({ key }) => key);
};
const upsert = (key: string, metadata: JsonObject, collection = 'docs') =>
  during((call) =>
    store.upsert(
      {
        bucket,
        collection,
        version: null,
        records: [{ key, vector: Float32Array.of(0, 1, 0), metadata }],
      },
      call,
    ),
  );
const update = (key: string, set: JsonObject, unset: string[] = [], collection = 'docs') =>
  during((call) =>
    store.updateMetadata(
      { bucket, collection, keys: [key], set, unset, dryRun: false, version: null },
      call,
    ),
  );
const rowOf = async (id: number) =>
  (
    await runSql([
      `select content, metadata, created_at::text from ${schema}.documents where id = ${id}`,
    ])
  )[0];

describe('a documents table', () => {
  test('has its jsonb and its plain columns as one metadata', async () => {
    expect(await fetched(['10', '2', '9', '7'])).toEqual([
      { key: '10', metadata: { content: 'ten' } },
      {
        key: '2',
        metadata: { lang: 'en', n: 5, content: 'two', created_at: '2024-05-06T07:08:09.000Z' },
      },
      { key: '9', metadata: { lang: 'de', n: '5', content: 'below' } },
      { key: '7', metadata: { content: 'seven' } },
    ]);
  });

  test.each(['abc', '007', '+2', '2.0', '-0', '99999999999999999999', ''])(
    'has no record of the key %j, which is no id of it',
    async (key) => {
      expect(await fetched([key])).toEqual([null]);
    },
  );

  test('is searched, without the rows that have no vector', async () => {
    expect(await keysNear({ metric: 'COSINE' })).toEqual(['2', '10', '9']);
    expect(await keysNear({ limit: 1 })).toEqual(['2']);
    expect(await keysNear({ exclude: '2', metric: 'COSINE' })).toEqual(['10', '9']);
  });

  test.each([
    [{ kind: 'eq', path: ['content'], value: 'two' }, ['2']],
    [{ kind: 'eq', path: ['n'], value: 5 }, ['2']],
    [{ kind: 'gt', path: ['created_at'], value: '2024' }, ['2']],
    [{ kind: 'exists', path: ['created_at'], value: false }, ['10', '9']],
    [{ kind: 'not', part: { kind: 'eq', path: ['lang'], value: 'en' } }, ['10', '9']],
  ] as const)('is filtered by %j as all metadata is', async (filter, keys) => {
    expect(await keysNear({ filter, metric: 'COSINE' })).toEqual(keys);
  });

  test('is scanned in byte order of the keys as texts, page after page', async () => {
    const page = (key: string | null) => {
      const after = key === null ? null : { key, values: [] };
      return during((call) => store.scan(scanIn(bucket, 'docs', { limit: 2, after }), call));
    };
    expect((await page(null)).records.map(({ key }) => key)).toEqual(['10', '2']);
    expect((await page('2')).records.map(({ key }) => key)).toEqual(['7', '9']);
    expect(await during((call) => store.count({ ...docs, filter: null }, call))).toBe(4);
  });

  test('is listed under its own name, and no table of that name need be there', async () => {
    const { collections: listed } = await during((call) =>
      store.listCollections(
        { bucket, prefix: '', limit: 10, after: null, everyState: false },
        call,
      ),
    );
    expect(listed.map(({ collection }) => collection)).toEqual(['bare', 'docs', 'people', 'whole']);
    expect(listed[1]).toMatchObject({ dimension: 3, metric: 'COSINE', createdAt: null });
    expect(listed[3]).toMatchObject({ metric: 'L2' });
  });
});

describe('writing to a documents table', () => {
  test('splits metadata by the columns', async () => {
    await upsert('3', { content: 'three', lang: 'fr', created_at: '2024-01-01T00:00:00Z' });
    expect(await rowOf(3)).toEqual({
      content: 'three',
      metadata: { lang: 'fr' },
      created_at: '2024-01-01 00:00:00+00',
    });

    // A replaced record is a new one: what it does not name has its column's default.
    await upsert('3', { lang: 'fr' });
    const row = await rowOf(3);
    expect(row).toMatchObject({ content: null, metadata: { lang: 'fr' } });
    expect(row).not.toMatchObject({ created_at: null });
  });

  test('changes single keys wherever they are', async () => {
    await update('2', { content: 'zwei', lang: 'de' }, ['created_at', 'n']);
    expect(await rowOf(2)).toEqual({ content: 'zwei', metadata: { lang: 'de' }, created_at: null });

    await update('9', {}, ['content']);
    expect(await fetched(['9'])).toEqual([{ key: '9', metadata: { lang: 'de', n: '5' } }]);
    await update('10', { lang: 'en' });
    expect(await fetched(['10'])).toEqual([
      { key: '10', metadata: { content: 'ten', lang: 'en' } },
    ]);
  });

  test('keeps all metadata in the one column of a mapping without plain ones', async () => {
    await upsert('4', { content: 'inside' }, 'whole');
    await update('4', { n: 1 }, [], 'whole');
    expect(await rowOf(4)).toMatchObject({ content: null, metadata: { content: 'inside', n: 1 } });
  });

  test('refuses what has no place, and what a column cannot hold', async () => {
    const bare = upsert('4', { content: 'fits', 'other key': 1 }, 'bare');
    await expect(bare).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', argument: 'records[0].metadata["other key"]' },
    });
    await expect(update('2', { other: 1 }, [], 'bare')).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', argument: 'set.other' },
    });
    const date = upsert('4', { created_at: 'yesterday-ish' });
    expect(await codeFrom(date)).toBe('BAD_USER_INPUT');
    await expect(date).rejects.toThrow('invalid input syntax for type timestamp');
    await expect(upsert('four', {})).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', argument: 'records[0].key' },
    });
    expect(await update('2', {}, ['other'], 'bare')).toBe(1);
  });

  test('deletes by keys and by filter', async () => {
    const remove = (target: Parameters<VectorStore['delete']>[0]['target']) =>
      during((call) => store.delete({ ...docs, target, version: 0 }, call));
    expect(await remove({ keys: ['2', 'abc', '007'] })).toBe(1);
    expect(await remove({ filter: { kind: 'eq', path: ['content'], value: 'ten' } })).toBe(1);
    expect(await runSql([`select id from ${schema}.documents order by id`])).toEqual([
      { id: 7 },
      { id: 9 },
    ]);
  });

  test('does not go as far as to drop or make the table', async () => {
    const dropping = during((call) => store.deleteCollection(docs, null, call));
    await expect(dropping).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    const making = during((call) =>
      store.createCollection(specIn(bucket, 'docs', { dimension: 3 }), null, call),
    );
    expect(await codeFrom(making)).toBe('COLLECTION_EXISTS');
    expect(await rowOf(2)).toBeDefined();
  });
});

test('uuids are keys in the one way that PostgreSQL writes them', async () => {
  const id = '0a0a0a0a-0000-4000-8000-00000000000b';
  expect(await fetched([id, id.toUpperCase(), 'ada'], 'people')).toEqual([
    { key: id, metadata: { name: 'Ada' } },
    null,
    null,
  ]);
  expect(await keysNear({ vector: Float32Array.of(1, 2) }, 'people')).toEqual([id]);
});

test('a mapping that does not fit its table says what is wrong; one of no table is no collection', async () => {
  await expect(keysNear({}, 'wrong')).rejects.toThrow(
    'must fit its mapping in the configuration of pod "pod-a": its column content_id must be',
  );
  // Whoever set such a key would give the record another one.
  await expect(keysNear({}, 'twice')).rejects.toThrow(
    'its plain columns must be others than those of the id, the vector and the metadata',
  );
  expect(await codeFrom(keysNear({}, 'absent'))).toBe('COLLECTION_NOT_FOUND');
  const making = during((call) => store.createCollection(specIn(bucket, 'absent'), null, call));
  await expect(making).rejects.toThrow(`"absent" is mapped to ${schema}.nowhere, which pod`);
});

test('reading by key uses the primary key', async () => {
  const table = createTable(
    mappingOf('documents'),
    { ...vecsShape, idType: 'int8', metadataNullable: true },
    { pgvector: createPgvector('public'), standing: placedStanding },
  );
  const { text, values } = fetchStatement(table, { ...docs, keys: ['2', '10'], select });
  const database = openPodDatabase();
  const plan = await during((call) =>
    database.transaction(async (query) => {
      await query({ text: 'set local enable_seqscan = off', values: [] });
      return query({ text: `explain ${text}`, values });
    }, call),
  );
  await database.close();

  expect(JSON.stringify(plan)).toContain('documents_pkey');
});
