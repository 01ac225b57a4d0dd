import type { IndexMethod } from '../../../schema/metric.ts';
import type { IndexSpec } from '../../store.ts';
import type { Statement } from '../database.ts';
import type { Table } from '../table.ts';
import { quoteIdentifier } from './identifier.ts';

/** A query for the vector indexes on a column of a table, whoever made them: its oid and a name. */
export const indexesText = (table: string, column: string): string =>
  vectorIndexesText(table, column, {
    building: 'progress.pid is not null',
    percent: `100.0 * greatest(
      progress.blocks_done::float8 / nullif(progress.blocks_total, 0),
      progress.tuples_done::float8 / nullif(progress.tuples_total, 0))`,
    progress: `left join lateral (
      -- Of a build by another role we see that it is under way in this database, and not of what.
      select * from pg_stat_progress_create_index p
      where p.index_relid = i.oid or p.index_relid is null and p.datname = current_database()
      order by p.index_relid limit 1
    ) progress on true`,
  });

/**
 * The same for those who want to know what is READY and no more, which takes much less to plan:
 * one that is being built is INVALID here.
 */
export const readyIndexesText = (table: string, column: string): string =>
  vectorIndexesText(table, column, { building: 'false', percent: 'null::float8', progress: '' });

const vectorIndexesText = (
  table: string,
  column: string,
  build: { readonly building: string; readonly percent: string; readonly progress: string },
): string => `
  select i.relname as name, am.amname as method, opc.opcname as "operatorClass",
    i.reloptions as options, pg_relation_size(i.oid) as bytes,
    case
      when x.indisvalid and x.indisready then 'READY'
      when ${build.building} then 'BUILDING'
      else 'INVALID'
    end as state, ${build.percent} as percent
  from pg_index x
    join pg_class i on i.oid = x.indexrelid
    join pg_am am on am.oid = i.relam
    join pg_opclass opc on opc.oid = x.indclass[0]
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
    ${build.progress}
  where x.indrelid = ${table} and x.indpred is null
    and a.attname = ${column} and am.amname in ('hnsw', 'ivfflat')
  order by i.relname`;

export const indexesStatement = ({ name, mapping }: Table): Statement => ({
  text: indexesText('to_regclass($1)', '$2'),
  values: [name, mapping.vector],
});

export interface IndexOptions {
  readonly concurrently: boolean;
  /** For IVFFlat without `lists`: the row count that decides it. */
  readonly rows: number;
}

export const createIndexStatement = (
  table: Table,
  spec: IndexSpec,
  name: string,
  { concurrently, rows }: IndexOptions,
): Statement => ({
  text: `
    create index ${concurrently ? 'concurrently' : ''} ${quoteIdentifier(name)}
    on ${table.name} using ${methods[spec.method]}
    (${quoteIdentifier(table.mapping.vector)} ${table.operatorClass(spec.metric)})
    with (${storageOptions(spec, rows)})`,
  values: [],
});

export const dropIndexStatement = (
  { mapping }: Table,
  name: string,
  concurrently: boolean,
): Statement => ({
  text: `drop index ${concurrently ? 'concurrently' : ''} if exists
    ${quoteIdentifier(mapping.schema)}.${quoteIdentifier(name)}`,
  values: [],
});

export const methods = { HNSW: 'hnsw', IVFFLAT: 'ivfflat' } as const satisfies Record<
  IndexMethod,
  string
>;

function storageOptions({ method, m, efConstruction, lists }: IndexSpec, rows: number): string {
  return method === 'HNSW'
    ? hnswOptions(Math.trunc(m ?? 16), efConstruction)
    : `lists = ${Math.trunc(lists ?? defaultLists(rows))}`;
}

/** As pgvector advises: a list a thousand rows, and fewer above a million. */
const defaultLists = (rows: number): number =>
  Math.min(32_768, Math.max(30, rows <= 1_000_000 ? rows / 1_000 : Math.sqrt(rows)));

/** pgvector wants an ef_construction of at least twice m; its own default is 64. */
function hnswOptions(m: number, efConstruction: number | null): string {
  return `m = ${m}, ef_construction = ${Math.trunc(efConstruction ?? Math.max(64, 2 * m))}`;
}
