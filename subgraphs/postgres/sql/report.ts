import type { Catalogue } from '../catalogue.ts';
import type { Statement } from '../database.ts';
import { indexesText } from './indexes.ts';
import { createParameters } from './parameters.ts';
import { placementsText } from './placements.ts';
import { judgedText } from './tables.ts';

/** Of the answers of pods over databases with very many tables. */
const tablesMax = 10_000;

/** One row about the server and the role. Whoever may connect may ask. */
export const factsStatement: Statement = {
  text: `
    select current_setting('server_version') as postgres,
      (select extversion from pg_extension where extname = 'vector') as pgvector,
      extract(epoch from clock_timestamp())::float8 * 1000 as "clockAt",
      current_user as role,
      has_database_privilege(current_database(), 'create') as "canCreate",
      (select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        where e.extname = 'vector' and not has_schema_privilege(n.oid, 'usage')) as "closedSchema",
      (select json_object_agg(name, current_setting(name)) from unnest(array[
        'maintenance_work_mem', 'max_parallel_maintenance_workers', 'shared_buffers',
        'effective_cache_size', 'max_connections', 'default_transaction_read_only',
        'in_hot_standby'
      ]) name) as settings`,
  values: [],
};

/**
 * One row a table that is served or was meant to be: those with a placement, those mapped, and
 * those in a bucket with a vector column named as `vecs` names it. Nothing of their contents is
 * read, so that a table without rights is a row as well.
 */
export function tablesStatement(catalogue: Catalogue): Statement {
  const parameters = createParameters();
  const text = `
    with judged as materialized (${judgedText(catalogue, parameters, null)}),
    placed as (
      select bucket, collection, dimension, element_type as "elementType", metric,
        jsonb_strip_nulls(jsonb_build_object('uid', uid, 'version', version, 'state', state, 'slots',
          slots, 'above', to_jsonb(p) -> 'above', 'ended', to_jsonb(p) -> 'ended')) as placement
      from ${placementsText(catalogue)} p
    )
    select coalesce(j.bucket, p.bucket) as bucket, coalesce(j.collection, p.collection) as collection,
      n.nspname as schema, c.relname as "table", j."idColumn", j."idType", j.problem,
      j.dimension, j."elementType",
      greatest(c.reltuples, 0)::float8 as "rowsEstimate",
      ${mayUse('select')} as "canRead",
      ${['insert', 'update', 'delete'].map(mayUse).join(' and ')} as "canWrite",
      ${isOrdered} as "keysOrdered",
      (select json_agg(i) from (${indexesText('c.oid', 'j."vectorColumn"')}) i) as indexes,
      p.placement, p.dimension as "placedDimension", p."elementType" as "placedElementType", p.metric
    from judged j
      full join placed p on p.bucket = j.bucket and p.collection = j.collection
      left join pg_class c on c.oid = j.relation
      left join pg_namespace n on n.oid = c.relnamespace
    where p.placement is not null or j.mapped or j."hasVector"
    order by coalesce(p.placement->>'state', '') = 'dropped', 1, 2
    limit ${tablesMax}`;
  return { text, values: parameters.values };
}

const mayUse = (privilege: string): string =>
  `coalesce(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, '${privilege}'), false)`;

/**
 * There is an index in byte order of the keys: of a text column with collation C, its own or the
 * database's, or of another column's text.
 */
const isOrdered = `exists (
  select from pg_index x
    join pg_class i on i.oid = x.indexrelid
    join pg_am on pg_am.oid = i.relam and pg_am.amname = 'btree'
    join pg_collation o on o.oid = x.indcollation[0]
    join pg_database d on d.datname = current_database()
  where x.indrelid = c.oid and x.indisvalid and x.indpred is null
    and replace(pg_get_indexdef(x.indexrelid, 1, true), '::text', '')
      in (quote_ident(j."idColumn"), '(' || quote_ident(j."idColumn") || ')')
    and (o.collname in ('C', 'POSIX') or o.collname = 'default' and d.datcollate in ('C', 'POSIX')))`;
