import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import { testDatabases } from './databases.ts';
import { during, silent } from './store-calls.ts';

/** Runs statements as their owner would, with nothing of Quiver's in between. */
export async function runSql(texts: readonly string[], i = 0): Promise<unknown[]> {
  const database = openDatabase({ ...testDatabases()[i]!, pod: 'sql', logger: silent });
  try {
    let rows: unknown[] = [];
    for (const text of texts) {
      rows = await during((call) => database.query({ text, values: [] }, call));
    }
    return rows;
  } finally {
    await database.close();
  }
}

/** What vecs 0.4 sends to create a collection in its schema; `schema` is another for a test's own. */
export const vecsTableSql = (schema: string, name: string, dimension: number): string[] => [
  `create schema if not exists ${schema}`,
  `create table ${schema}."${name}" (
     id VARCHAR NOT NULL,
     vec vector(${dimension}) NOT NULL,
     metadata JSONB DEFAULT '{}'::jsonb NOT NULL,
     PRIMARY KEY (id)
   )`,
  `create index "ix_meta_${name}" on ${schema}."${name}" using gin (metadata jsonb_path_ops)`,
];

/** And what `create_index` of vecs sends. */
export const vecsIndexSql = (
  schema: string,
  name: string,
  operators = 'vector_cosine_ops',
): string =>
  `create index "ix_${operators}_hnsw_m16_efc64_0a1b2c3" on ${schema}."${name}"
   using hnsw (vec ${operators}) with (m=16, ef_construction=64)`;

/** And what `upsert` of vecs sends for its records. */
export const vecsUpsertSql = (schema: string, name: string, rows: string): string =>
  `insert into ${schema}."${name}" (id, vec, metadata) values ${rows}
   on conflict (id) do update set vec = excluded.vec, metadata = excluded.metadata`;

/** The table of the guides of LangChain and Supabase, three-dimensional. */
export const documentsSql = (schema: string): string[] => [
  `create schema if not exists ${schema}`,
  `create table ${schema}.documents (
     id bigserial primary key,
     content text,
     metadata jsonb,
     embedding vector(3),
     created_at timestamptz default now()
   )`,
];
