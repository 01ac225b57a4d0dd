import { foundUid, type Placement } from '../../../schema/placement.ts';
import type { CollectionRef, CollectionSpec, CollectionsQuery } from '../../store.ts';
import type { Catalogue } from '../catalogue.ts';
import type { Statement } from '../database.ts';
import { readyIndexesText } from './indexes.ts';
import { tableOf } from './identifier.ts';
import { createParameters, type Parameters } from './parameters.ts';
import { tablesText } from './tables.ts';

/** Held to the end of the transaction: one creation or deletion of a name at a time. */
export const nameLockStatement = ({ bucket, collection }: CollectionRef): Statement => ({
  text: `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
  values: [JSON.stringify(['quiver', bucket, collection])],
});

export const placementStatement = ({ bucket, collection }: CollectionRef): Statement => ({
  text: `select ${columns} from quiver.placement p where bucket = $1 and collection = $2`,
  values: [bucket, collection],
});

/** The placement that a collection has now, as one row, and what a write in it holds on to. */
export interface Standing {
  /** A query for version and state; $1 and $2 are bucket and collection. */
  readonly placement: string;
  /** A query for one row if the version $3 is still that of the placement, else none. */
  readonly fence: string;
}

/**
 * `for share` waits for whoever is changing the placement, and then looks again. An advisory lock
 * in the same statement would not fence: the statement's snapshot is taken before it.
 */
export const placedStanding: Standing = {
  placement: `select version, state from quiver.placement where bucket = $1 and collection = $2`,
  fence: `
    select 1 from quiver.placement
    where bucket = $1 and collection = $2 and version = $3 and state <> 'dropped' for share`,
};

/** A table that Quiver did not make has version 0, for as long as no placement appears. */
export const foundStanding = (catalogue: Catalogue): Standing => {
  const placed = `${placementsText(catalogue)} p
    where p.bucket = $1::text and p.collection = $2::text and p.state <> 'dropped'`;
  return {
    placement: `select coalesce(max(p.version), 0) as version, 'active' as state from ${placed}`,
    fence: `select 1 where $3::bigint = 0 and not exists (select from ${placed})`,
  };
};

/**
 * A query for all collections, or those of one name: placed ones in every state, and tables that
 * Quiver did not make. What is placed and not dropped hides a table of its name; a table that
 * stands where one was dropped was made anew.
 */
export function collectionsText(
  catalogue: Catalogue,
  parameters: Parameters,
  only: CollectionRef | null = null,
): string {
  const { add } = parameters;
  const placements = placementsText(catalogue);
  const wanted = only
    ? `p.bucket = ${add(only.bucket)} and p.collection = ${add(only.collection)}`
    : 'true';
  return `
    with found as materialized (${tablesText(catalogue, parameters, only)})
    ${placedText(placements)}
    where ${wanted} and (p.state <> 'dropped' or not exists (
      select from found f where f.bucket = p.bucket and f.collection = p.collection))
    union all
    select f.bucket, f.collection, '${foundUid}', 0, 'active', null, null, null, f.dimension, null,
      f."elementType", '{}', null, f.relation, f."vectorColumn", f."idType",
      f."idUnique", f."idNullable", f."metadataNullable", f."momentColumns", f.problem
    from found f
    where not exists (
      select from ${placements} p
      where p.bucket = f.bucket and p.collection = f.collection and p.state <> 'dropped')`;
}

const placedText = (placements: string): string => `
    select ${columns}, c.oid as relation, 'vec' as "vectorColumn", 'varchar' as "idType",
      true as "idUnique", false as "idNullable", false as "metadataNullable",
      '{}'::text[] as "momentColumns", null as problem
    from ${placements} p
      left join pg_namespace n on n.nspname = p.bucket
      left join pg_class c on c.relnamespace = n.oid and c.relname = p.collection`;

/** A collection with what a search must know of its table: its indexes and about how many rows. */
export function knownStatement(catalogue: Catalogue, ref: CollectionRef): Statement {
  const parameters = createParameters();
  const text = knownText(collectionsText(catalogue, parameters, ref));
  return { text, values: parameters.values };
}

/** The same of what is placed and not dropped: nearly every collection, and much less to plan. */
export const placedStatement = ({ bucket, collection }: CollectionRef): Statement => ({
  text: knownText(`${placedText('quiver.placement')}
    where p.bucket = $1 and p.collection = $2 and p.state <> 'dropped'`),
  values: [bucket, collection],
  reused: true,
});

const knownText = (collections: string): string => `
  select c.*, ${indexesColumn}, size.pages,
    -- As the planner does it: rows a page when last counted, times the pages of now.
    case
      when size.counted > 0 then size.rows / size.counted * size.pages
      when size.pages = 0 then 0
      else 'Infinity'::float8
    end as "rowsEstimate"
  from (${collections}) c
    left join lateral (
      select reltuples as rows, relpages as counted,
        pg_relation_size(oid)::float8 / current_setting('block_size')::int as pages
      from pg_class where oid = c.relation
    ) size on true`;

export const insertPlacementStatement = (
  spec: CollectionSpec,
  placement: Placement,
): Statement => ({
  text: `
    insert into quiver.placement as p
      (bucket, collection, uid, version, state, slots, above, ended, dimension, metric, element_type,
        non_filterable_keys)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    on conflict (bucket, collection) do update set
      uid = excluded.uid, version = excluded.version, state = excluded.state,
      slots = excluded.slots, above = excluded.above, ended = excluded.ended,
      dimension = excluded.dimension, metric = excluded.metric,
      element_type = excluded.element_type, non_filterable_keys = excluded.non_filterable_keys,
      created_at = excluded.created_at
    returning ${columns}`,
  values: [
    spec.bucket,
    spec.collection,
    placement.uid,
    placement.version,
    placement.state,
    JSON.stringify(placement.slots),
    placement.above ? JSON.stringify(placement.above) : null,
    placement.ended ?? null,
    spec.dimension,
    spec.metric,
    spec.elementType,
    spec.nonFilterableKeys,
  ],
});

export const activateStatement = (
  { bucket, collection }: CollectionRef,
  uid: string,
): Statement => ({
  text: `
    update quiver.placement p set state = 'active'
    where bucket = $1 and collection = $2 and uid = $3 and state = 'creating'
    returning ${columns}`,
  values: [bucket, collection, uid],
});

export const dropPlacementStatement = (
  { bucket, collection }: CollectionRef,
  version: number,
): Statement => ({
  text: `
    update quiver.placement set state = 'dropped', version = $3
    where bucket = $1 and collection = $2`,
  values: [bucket, collection, version],
});

export function listCollectionsStatement(catalogue: Catalogue, query: CollectionsQuery): Statement {
  const parameters = createParameters();
  const { add } = parameters;
  const conditions = [`starts_with(c.collection, ${add(query.prefix)})`, 'c.problem is null'];
  if (query.bucket !== null) conditions.push(`c.bucket = ${add(query.bucket)}`);
  if (!query.everyState) conditions.push(`c.state = 'active'`);
  if (query.after) {
    const { bucket, collection } = query.after;
    conditions.push(`(c.bucket, c.collection) > (${add(bucket)}, ${add(collection)})`);
  }
  return {
    text: `
      select c.*, ${indexesColumn}
      from (${collectionsText(catalogue, parameters)}) c where ${conditions.join(' and ')}
      order by c.bucket, c.collection limit ${add(query.limit + 1)}`,
    values: parameters.values,
  };
}

/** The table as Supabase's `vecs` makes it, but with keys in byte order. */
export const createTableStatement = (spec: CollectionSpec, { pgvector }: Catalogue): Statement => ({
  text: `
    create table ${tableOf(spec)} (
      id varchar collate "C" primary key,
      vec ${pgvector.typeOf(spec.elementType)}(${Math.trunc(spec.dimension)}) not null,
      metadata jsonb not null default '{}'
    );
    create index on ${tableOf(spec)} using gin (metadata jsonb_path_ops);`,
  values: [],
});

export const dropTableStatement = (ref: CollectionRef): Statement => ({
  text: `drop table if exists ${tableOf(ref)}`,
  values: [],
});

/**
 * In the order of a found table's, which stand below them. Tables of older versions lack two
 * columns, and a role that may only read cannot add them: hence by way of JSON.
 */
const columns = `
  p.bucket, p.collection, p.uid::text as uid, p.version, p.state, p.slots,
  to_jsonb(p) -> 'above' as above, to_jsonb(p) -> 'ended' as ended, p.dimension, p.metric,
  p.element_type as "elementType", p.non_filterable_keys as "nonFilterableKeys",
  p.created_at as "createdAt"`;

/** The indexes of a row `c` of `collectionsText`. */
const indexesColumn = `
  (select json_agg(i) from (${readyIndexesText('c.relation', 'c."vectorColumn"')}) i) as indexes`;

/** Without Quiver's own tables nothing is placed. */
export const placementsText = ({ prepared }: Catalogue): string =>
  prepared
    ? 'quiver.placement'
    : `(select null::text collate "C" as bucket, null::text collate "C" as collection, null::uuid as uid,
        null::bigint as version, null::text as state, null::jsonb as slots, null::int as dimension,
        null::text as metric, null::text as element_type, null::text[] as non_filterable_keys,
        null::timestamptz as created_at where false)`;
