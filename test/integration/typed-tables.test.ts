import { graphql } from 'graphql';
import { defaultLimits } from '../../schema/limits.ts';
import { openPostgresStore } from '../../subgraphs/postgres/postgres-store.ts';
import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { buildVectorsSchema, createVectorsContext } from '../../subgraphs/vectors.ts';
import { freshBucket, testDatabases } from '../support/databases.ts';
import { runSql } from '../support/foreign-tables.ts';
import { during, silent } from '../support/store-calls.ts';
import { podNames, serviceOver } from '../support/subjects.ts';
import { typedOf } from '../support/typed.ts';

const schema = freshBucket();
const sdl = `type Product @collection(name: "products", bucket: "shop", dimension: 3, metric: L2) {
  id: ID!
  title: String! @column(name: "name")
  price: Float
  tags: [String!]
  color: String
  since: DateTime
}`;

let store: VectorStore;

beforeAll(async () => {
  await runSql([
    `create schema ${schema}`,
    `create table ${schema}.products (
       sku bigint primary key,
       name text not null,
       price numeric(8, 2) check (price > 0),
       tags text[],
       since timestamptz,
       more jsonb,
       embedding vector(3))`,
    `insert into ${schema}.products values
       (1, 'Lamp', 39.90, '{light,desk}', '2026-11-21 10:00:00+00', '{"color": "red"}', '[1,0,0]'),
       (2, 'Chair', 120, null, null, null, '[0,1,0]')`,
  ]);
  const pod = podNames[0];
  const url = new URL(testDatabases()[0]!.url);
  url.searchParams.set('options', '-c timezone=America/New_York');
  const mapping = {
    schema,
    table: 'products',
    id: 'sku',
    vector: 'embedding',
    metadata: 'more',
    columns: ['name', 'price', 'tags', 'since'],
  };
  store = await openPostgresStore({
    database: openDatabase({ ...testDatabases()[0]!, url: url.href, pod, logger: silent }),
    pod,
    limits: defaultLimits,
    logger: silent,
    collections: [{ bucket: 'shop', collection: 'products', metric: 'L2', mapping }],
  });
});
afterAll(async () => {
  await store.close();
  await runSql([`drop schema ${schema} cascade`]);
});

const typed = buildVectorsSchema(typedOf(sdl));

const execute = (source: string) =>
  during(async (call) => {
    const contextValue = createVectorsContext(serviceOver(store), call);
    const { data, errors = [] } = await graphql({ schema: typed, source, contextValue });
    const shown = errors.map(({ message, extensions }) => [extensions['argument'], message]);
    return { data: JSON.parse(JSON.stringify(data)) as unknown, errors: shown };
  });

describe('a type over a table with columns of its own', () => {
  test('reads its columns, and keys of its jsonb, as fields', async () => {
    expect(
      await execute(
        '{ products(orderBy: { field: price }) { nodes { id title price tags color vector } } }',
      ),
    ).toEqual({
      data: {
        products: {
          nodes: [
            {
              id: '1',
              title: 'Lamp',
              price: 39.9,
              tags: ['light', 'desk'],
              color: 'red',
              vector: [1, 0, 0],
            },
            { id: '2', title: 'Chair', price: 120, tags: null, color: null, vector: [0, 1, 0] },
          ],
        },
      },
      errors: [],
    });
  });

  test.each([
    ['eq: "2026-11-21T10:00:00Z"', true],
    ['eq: "2026-11-21T05:00:00-05:00"', true],
    ['gte: "2026-11-21T10:00:00Z"', true],
    ['gt: "2026-11-21T10:00:00Z"', false],
    ['lt: "2026-11-21T07:00:00Z"', false],
    ['gte: "2026-11-21"', true],
  ])('a timestamp is a moment in UTC, whatever the time zone of the role: %s', async (by, is) => {
    expect(await execute(`{ products(filter: { since: { ${by} } }) { nodes { since } } }`)).toEqual(
      {
        data: { products: { nodes: is ? [{ since: '2026-11-21T10:00:00.000Z' }] : [] } },
        errors: [],
      },
    );
  });

  test('searches and filters by them', async () => {
    const search = `{ searchProducts(near: { vector: [1, 0, 0] }, filter: { title: { startsWith: "Ch" }, price: { gt: 100 } }) {
      matches { record { title } } } }`;
    expect(await execute(search)).toEqual({
      data: { searchProducts: { matches: [{ record: { title: 'Chair' } }] } },
      errors: [],
    });
  });

  test('writes them, and deletes', async () => {
    const given = 'title: "Desk", price: 5, tags: ["wood"], color: "blue", since: "2026-01-01"';
    await execute(
      `mutation { upsertProducts(records: [{ id: "3", vector: [0, 0, 1], ${given} }]) { upsertedCount } }`,
    );

    const columns = 'name, price::float8 as price, tags, more';
    expect(await runSql([`select ${columns} from ${schema}.products where sku = 3`])).toEqual([
      { name: 'Desk', price: 5, tags: ['wood'], more: { color: 'blue' } },
    ]);
    expect(
      await execute(
        'mutation { deleteProducts(filter: { title: { eq: "Desk" } }) { deletedCount } }',
      ),
    ).toEqual({
      data: { deleteProducts: { deletedCount: 1 } },
      errors: [],
    });
  });

  test('is refused what the table refuses, by the names of the type', async () => {
    const upsert = (fields: string): string =>
      `mutation { upsertProducts(records: [{ id: "4", vector: [0, 0, 1], title: "A" }, { vector: [0, 0, 1], ${fields} }]) { upsertedCount } }`;

    expect((await execute(upsert('id: "x5", title: "B"'))).errors).toEqual([
      ['records[1].id', 'records[1].id must be the text of an id of type int8; got "x5".'],
    ]);
    expect((await execute(upsert('id: "5", title: "B", price: -1'))).errors).toEqual([
      ['collection', expect.stringContaining('The table of "products" must take what is written')],
    ]);
    expect(await execute('{ product(id: "4") { title } }')).toEqual({
      data: { product: null },
      errors: [],
    });
  });
});
