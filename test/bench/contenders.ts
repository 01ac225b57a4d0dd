import pg from 'pg';
import { Pool } from 'undici';
import { quoteIdentifier } from '../../subgraphs/postgres/sql/identifier.ts';
import { vectorToBase64 } from '../../schema/vector.ts';
import type { Contender } from './measure.ts';

const k = 10;

/** pgvector's binary form: int16 dimension, int16 0, float32 each, all big-endian. */
function toBinary(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + 4 * vector.length);
  bytes.writeInt16BE(vector.length, 0);
  bytes.writeInt16BE(0, 2);
  vector.forEach((x, i) => bytes.writeFloatBE(x, 4 + 4 * i));
  return bytes;
}

/** The floor: what somebody would write by hand who knows the tables, and pg well. Nothing is checked. */
export const directScatter = (urls: readonly string[], table: string): Contender =>
  scatterByHand('direct scatter (node-postgres)', urls, {
    name: 'direct',
    text: nearestText(table),
    parameter: toBinary,
  });

/** The same as the examples of pgvector have it: vectors as text, and nothing prepared. */
export const plainScatter = (urls: readonly string[], table: string): Contender =>
  scatterByHand('the same unprepared, vectors as text', urls, {
    text: nearestText(table),
    parameter: (vector) => JSON.stringify([...vector]),
  });

const nearestText = (table: string): string =>
  `select id, vec <-> $1::vector as distance from ${table} order by vec <-> $1::vector limit ${k}`;

interface ByHand {
  readonly name?: string;
  readonly text: string;
  readonly parameter: (vector: Float32Array) => unknown;
}

function scatterByHand(
  name: string,
  urls: readonly string[],
  { parameter, ...statement }: ByHand,
): Contender {
  const pools = urls.map((url) => new pg.Pool({ connectionString: url, max: 16 }));
  return {
    name,
    async search(vector) {
      const values = [parameter(vector)];
      const parts = await Promise.all(
        pools.map((pool) => pool.query<{ id: string; distance: number }>({ ...statement, values })),
      );
      return parts
        .flatMap(({ rows }) => rows)
        .sort((a, b) => a.distance - b.distance)
        .slice(0, k)
        .map(({ id }) => id);
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

/** A view over the four tables, in a database of its own on the first server. */
export async function foreignTables(
  homeUrl: string,
  urls: readonly string[],
  table: { readonly bucket: string; readonly name: string; readonly dimension: number },
): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: homeUrl, max: 16 });
  await pool.query('create extension if not exists vector');
  await pool.query('create extension if not exists postgres_fdw');
  for (const [i, url] of urls.entries()) await pool.query(foreignTable(i, url, table));
  const parts = urls.map((_, i) => `select id, vec from part_${i}`);
  await pool.query(`create or replace view parts as ${parts.join(' union all ')}`);
  const text = `select id from parts order by vec <-> $1::vector limit ${k}`;
  return {
    name: 'postgres_fdw view',
    async search(vector) {
      const values = [toBinary(vector)];
      const { rows } = await pool.query<{ id: string }>({ name: 'view', text, values });
      return rows.map(({ id }) => id);
    },
    close: () => pool.end(),
  };
}

function foreignTable(
  i: number,
  url: string,
  table: { readonly bucket: string; readonly name: string; readonly dimension: number },
): string {
  const { hostname, port, pathname, username } = new URL(url);
  return `
    drop server if exists pod_${i} cascade;
    create server pod_${i} foreign data wrapper postgres_fdw options (
      host '${hostname}', port '${port}', dbname '${pathname.slice(1)}',
      extensions 'vector', use_remote_estimate 'false', fetch_size '100');
    create user mapping for current_user server pod_${i} options (user '${username}');
    create foreign table part_${i} (id varchar, vec vector(${table.dimension})) server pod_${i}
      options (schema_name '${table.bucket}', table_name ${quoteLiteral(table.name)});`;
}

const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const query = `query ($vector: Vector!, $collection: String!) {
  searchVectors(collection: $collection, near: { vector: $vector }, k: ${k}) {
    matches { distance record { key } }
  }
}`;

/** A gateway, asked as a frontend asks it. */
export function gateway(name: string, url: string, collection: string): Contender {
  const pool = new Pool(url, { connections: 16 });
  return {
    name,
    async search(vector) {
      const variables = { vector: vectorToBase64(vector), collection };
      const { body } = await pool.request({
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await body.json()) as Answer;
      if (!data?.searchVectors) throw new Error(JSON.stringify(errors));
      return data.searchVectors.matches.map((match) => match.record.key);
    },
    close: () => pool.close(),
  };
}

interface Answer {
  readonly data?: {
    readonly searchVectors: { readonly matches: readonly { record: { key: string } }[] } | null;
  };
  readonly errors?: unknown;
}

export const tableName = (bucket: string, name: string): string =>
  `${quoteIdentifier(bucket)}.${quoteIdentifier(name)}`;
