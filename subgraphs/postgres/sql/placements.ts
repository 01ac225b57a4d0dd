import type { Placement } from '../../../schema/placement.ts';
import type { CollectionRef, CollectionSpec, CollectionsQuery } from '../../store.ts';
import type { Statement } from '../database.ts';
import { indexesText } from './indexes.ts';
import { tableOf } from './identifier.ts';
import { createParameters } from './parameters.ts';

/** Held to the end of the transaction: one creation or deletion of a name at a time. */
export const nameLockStatement = ({ bucket, collection }: CollectionRef): Statement => ({
  text: `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
  values: [JSON.stringify(['quiver', bucket, collection])],
});

export const placementStatement = ({ bucket, collection }: CollectionRef): Statement => ({
  text: `select ${columns} from quiver.placement where bucket = $1 and collection = $2`,
  values: [bucket, collection],
});

/** The placement with what a search must know of the table: its indexes and about how many rows. */
export const knownStatement = (ref: CollectionRef): Statement => ({
  text: `
    select ${columns},
      (select json_agg(i) from (${indexesText('$3')}) i) as indexes,
      -- As the planner does it: rows a page when last counted, times the pages of now.
      (select case
          when relpages > 0 then reltuples / relpages * (pg_relation_size(oid) / pageBytes)
          when pg_relation_size(oid) = 0 then 0
          else 'Infinity'::float8
        end
        from pg_class, (select current_setting('block_size')::int as pageBytes) size
        where oid = to_regclass($3)) as "rowsEstimate"
    from quiver.placement where bucket = $1 and collection = $2`,
  values: [ref.bucket, ref.collection, tableOf(ref)],
});

export const insertPlacementStatement = (
  spec: CollectionSpec,
  placement: Placement,
): Statement => ({
  text: `
    insert into quiver.placement
      (bucket, collection, uid, version, state, slots, dimension, metric, element_type, non_filterable_keys)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (bucket, collection) do update set
      uid = excluded.uid, version = excluded.version, state = excluded.state,
      slots = excluded.slots, dimension = excluded.dimension, metric = excluded.metric,
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
    update quiver.placement set state = 'active'
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

export function listPlacementsStatement(query: CollectionsQuery): Statement {
  const { values, add } = createParameters();
  const conditions = [`starts_with(collection, ${add(query.prefix)})`];
  if (query.bucket !== null) conditions.push(`bucket = ${add(query.bucket)}`);
  if (!query.everyState) conditions.push(`state = 'active'`);
  if (query.after) {
    const { bucket, collection } = query.after;
    conditions.push(`(bucket, collection) > (${add(bucket)}, ${add(collection)})`);
  }
  return {
    text: `
      select ${columns} from quiver.placement where ${conditions.join(' and ')}
      order by bucket, collection limit ${add(query.limit + 1)}`,
    values,
  };
}

/** The table as Supabase's `vecs` makes it, but with keys in byte order. */
export const createTableStatement = (spec: CollectionSpec): Statement => ({
  text: `
    create table ${tableOf(spec)} (
      id varchar collate "C" primary key,
      vec ${spec.elementType === 'FLOAT16' ? 'halfvec' : 'vector'}(${Math.trunc(spec.dimension)}) not null,
      metadata jsonb not null default '{}'
    );
    create index on ${tableOf(spec)} using gin (metadata jsonb_path_ops);`,
  values: [],
});

export const dropTableStatement = (ref: CollectionRef): Statement => ({
  text: `drop table if exists ${tableOf(ref)}`,
  values: [],
});

const columns = `
  bucket, collection, uid, version, state, slots, dimension, metric,
  element_type as "elementType", non_filterable_keys as "nonFilterableKeys",
  created_at as "createdAt"`;
