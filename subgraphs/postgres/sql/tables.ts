import type { CollectionRef } from '../../store.ts';
import type { Catalogue } from '../catalogue.ts';
import { idTypes } from '../table.ts';
import type { Parameters } from './parameters.ts';

/**
 * A query for the tables that Quiver did not make and can serve, of one name or of all: those of
 * the buckets' schemas that are as `vecs` makes them, and those that are mapped. A mapped table
 * that does not fit its mapping has a `problem`, in words for people.
 */
export const tablesText = (
  catalogue: Catalogue,
  parameters: Parameters,
  only: CollectionRef | null,
): string => `
  select * from (${judgedText(catalogue, parameters, only)}) t where mapped or problem is null`;

/** The same with all that cannot be served, and why. */
export function judgedText(
  catalogue: Catalogue,
  { add }: Parameters,
  only: CollectionRef | null,
): string {
  return `
      select k.bucket, k.collection, k.relation, k.mapped, k.vector as "vectorColumn",
        k.id as "idColumn", vt.typname is not null as "hasVector",
        it.typname::text as "idType", ${isUniqueText} as "idUnique",
        not ia.attnotnull as "idNullable",
        case vt.typname when 'halfvec' then 'FLOAT16' else 'FLOAT32' end as "elementType",
        va.atttypmod as dimension, not coalesce(ma.attnotnull, true) as "metadataNullable",
        array(
          select a.attname::text from pg_attribute a
          where a.attrelid = k.relation and a.attname = any (k.columns)
            and a.atttypid = 'timestamptz'::regtype
        ) as "momentColumns",
        ${problemText} as problem
      from (${candidatesText(catalogue, add, only)}) k
        left join pg_attribute ia on ia.attrelid = k.relation and ia.attname = k.id
        left join pg_type it on it.oid = ia.atttypid
        left join pg_attribute va on va.attrelid = k.relation and va.attname = k.vector
        left join pg_type vt on vt.oid = va.atttypid and vt.typname in ('vector', 'halfvec')
          and vt.typnamespace = (select extnamespace from pg_extension where extname = 'vector')
        left join pg_attribute ma on ma.attrelid = k.relation and ma.attname = k.metadata`;
}

/** The names of all buckets: `vecs` always is one, and so are those that the configuration names. */
export const bucketNamesText = (
  { prepared, collections }: Catalogue,
  add: Parameters['add'],
): string => `
  select unnest(${add(['vecs', ...collections.map(({ bucket }) => bucket)])}::text[])
  ${prepared ? 'union select name from quiver.bucket' : ''}`;

/** Each with the names of its columns. A name that is mapped is none of a table of that name. */
function candidatesText(
  catalogue: Catalogue,
  add: Parameters['add'],
  only: CollectionRef | null,
): string {
  const mapped = catalogue.collections.flatMap(({ bucket, collection, mapping }) =>
    mapping ? [{ bucket, collection, ...mapping }] : [],
  );
  const wanted = only
    ? `and n.nspname = ${add(only.bucket)} and c.relname = ${add(only.collection)}`
    : '';
  return `
    select n.nspname::text collate "C" as bucket, c.relname::text collate "C" as collection,
      c.oid as relation, false as mapped, c.relkind as kind, '{varchar,text}'::text[] as id_types,
      'id' as id, 'vec' as vector, 'metadata' as metadata, '{}'::text[] as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in (${bucketNamesText(catalogue, add)}) ${wanted}
      and (n.nspname, c.relname) not in (select m.bucket, m.collection from ${mappedText(mapped, add)})
    union all
    select m.bucket collate "C", m.collection collate "C",
      c.oid, true, c.relkind, ${add(idTypes)}::text[], m.id, m.vector, m.metadata, m.columns
    from ${mappedText(
      mapped.filter((one) => isWanted(one, only)),
      add,
    )}
      join pg_namespace n on n.nspname = m.schema
      join pg_class c on c.relnamespace = n.oid and c.relname = m."table"`;
}

const isWanted = (one: CollectionRef, only: CollectionRef | null): boolean =>
  only === null || (one.bucket === only.bucket && one.collection === only.collection);

const mappedText = (mapped: readonly CollectionRef[], add: Parameters['add']): string => `
  jsonb_to_recordset(${add(JSON.stringify(mapped))}::jsonb) as m (
    bucket text, collection text, schema text, "table" text,
    id text, vector text, metadata text, columns text[])`;

/** An index does not reach into the tables that inherit from its own. */
const isUniqueText = `
  (exists (
    select from pg_index x
    where x.indrelid = k.relation and x.indisunique and x.indisvalid and x.indpred is null
      and x.indnkeyatts = 1 and x.indkey[0] = ia.attnum)
  and not exists (select from pg_inherits where inhparent = k.relation))`;

/** Without a dimension there is nothing to hold vectors against. */
const problemText = `
  case
    when k.kind <> 'r' then 'it must be an ordinary table'
    when it.typname is null or not it.typname = any (k.id_types)
      then format('its column %I must be a varchar, text, int, bigint or uuid', k.id)
    when vt.typname is null then format('its column %I must be a vector or halfvec', k.vector)
    when va.atttypmod < 1 then format('its column %I must have a dimension', k.vector)
    when (k.metadata is not null or not k.mapped) and ma.atttypid is distinct from 'jsonb'::regtype
      then format('its column %I must be a jsonb', k.metadata)
    when array[k.id, k.vector, k.metadata] && k.columns
      then 'its plain columns must be others than those of the id, the vector and the metadata'
    when exists (
      select from unnest(k.columns) wanted (name) where not exists (
        select from pg_attribute a
        where a.attrelid = k.relation and a.attname = wanted.name and a.attnum > 0))
      then format('it must have the columns %s', array_to_string(k.columns, ', '))
  end`;
