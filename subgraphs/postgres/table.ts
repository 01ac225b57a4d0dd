import type { ElementType, Metric } from '../../schema/metric.ts';
import type { CollectionRef } from '../store.ts';
import type { IndexedPart } from './filter-sql.ts';
import { quoteIdentifier } from './sql/identifier.ts';
import type { Pgvector } from './sql/pgvector.ts';
import type { Standing } from './sql/placements.ts';

/** A table that is not as `vecs` makes them: its names, unquoted. */
export interface TableMapping {
  readonly schema: string;
  readonly table: string;
  readonly id: string;
  readonly vector: string;
  /** A column of type jsonb. */
  readonly metadata: string | null;
  /** Plain columns that are metadata too. */
  readonly columns: readonly string[];
}

/** Where a collection's records are, as SQL about a table whose alias is `t`. */
export interface Table {
  /** Unquoted. */
  readonly mapping: TableMapping;
  /** Quoted, with its schema. */
  readonly name: string;
  /** The id as the table has it. */
  readonly id: string;
  readonly idType: IdType;
  readonly idUnique: boolean;
  /** What makes a row a record: it has an id. */
  readonly conditions: readonly string[];
  /** Text; its bytes are the order of records. */
  readonly key: string;
  readonly vector: string;
  readonly elementType: ElementType;
  /** jsonb, an object. */
  readonly metadata: string;
  /** undefined: the metadata is a column. */
  readonly indexed: IndexedPart | undefined;
  /** A vector's distance to `near`, the place of a `vector` in binary. An index can give its order. */
  distance(metric: Metric, near: string): string;
  /** For `create index`, quoted, with its schema. */
  operatorClass(metric: Metric): string;
  readonly pgvector: Pgvector;
  /** What says that the collection is still there, and still where a write believes it to be. */
  readonly standing: Standing;
}

/** What the database says about the columns of a table. */
export interface TableShape {
  readonly idType: IdType;
  /** Two rows never have the same id, so that one can be replaced. */
  readonly idUnique: boolean;
  readonly idNullable: boolean;
  readonly elementType: ElementType;
  readonly metadataNullable: boolean;
  /** The plain columns of type timestamptz. */
  readonly momentColumns: readonly string[];
}

/** As PostgreSQL calls the types of ids. */
export const idTypes = ['varchar', 'text', 'int4', 'int8', 'uuid'] as const;
export type IdType = (typeof idTypes)[number];

export function createTable(
  mapping: TableMapping,
  shape: TableShape,
  { pgvector, standing }: Pick<Table, 'pgvector' | 'standing'>,
): Table {
  const { idType, idUnique, idNullable, elementType } = shape;
  const id = columnOf(mapping.id);
  const vector = columnOf(mapping.vector);
  return {
    mapping,
    name: `${quoteIdentifier(mapping.schema)}.${quoteIdentifier(mapping.table)}`,
    id,
    idType,
    idUnique,
    conditions: idNullable ? [`${id} is not null`] : [],
    key: isText(idType) ? id : `${id}::text`,
    vector,
    elementType,
    metadata: metadataText(mapping, shape),
    indexed: indexedPart(mapping, shape),
    distance: (metric, near) => pgvector.distance(metric, vector, pgvector.cast(near, elementType)),
    operatorClass: (metric) => pgvector.operatorClass(elementType, metric),
    pgvector,
    standing,
  };
}

/** The names of a table as `vecs` and Quiver make them. */
export const vecsMapping = ({ bucket, collection }: CollectionRef): TableMapping => ({
  schema: bucket,
  table: collection,
  id: 'id',
  vector: 'vec',
  metadata: 'metadata',
  columns: [],
});

const columnOf = (name: string): string => `t.${quoteIdentifier(name)}`;

export const isText = (idType: IdType): boolean => idType === 'varchar' || idType === 'text';

function indexedPart(
  { metadata, columns }: TableMapping,
  { metadataNullable }: TableShape,
): IndexedPart | undefined {
  if (metadata === null || (columns.length === 0 && !metadataNullable)) return undefined;
  return { column: columnOf(metadata), except: columns };
}

/** What is no object, such as the null of JSON, counts as an empty one. */
export const objectIn = (column: string): string =>
  `(case jsonb_typeof(${column}) when 'object' then ${column} else '{}' end)`;

/** Plain columns come over keys of the same name; what is null in them is a key that is not there. */
function metadataText(
  { metadata, columns }: TableMapping,
  { metadataNullable, momentColumns }: TableShape,
): string {
  const own =
    metadata !== null &&
    (metadataNullable || columns.length > 0 ? objectIn(columnOf(metadata)) : columnOf(metadata));
  const valueOf = (name: string): string =>
    momentColumns.includes(name) ? momentText(columnOf(name)) : columnOf(name);
  const parts = [
    ...(own ? [own] : []),
    ...columns.map(
      (name) => `(case when ${columnOf(name)} is null then '{}'
        else (select to_jsonb(c) from (select ${valueOf(name)} as ${quoteIdentifier(name)}) c) end)`,
    ),
  ];
  if (parts.length === 0) return `'{}'::jsonb`;
  return parts.length === 1 ? parts[0]! : `(${parts.join(' || ')})`;
}

/**
 * As JavaScript writes it, in UTC: one text for one moment, whatever the role's time zone, and texts
 * in the order of their moments.
 */
const momentText = (column: string): string => `
  (case when isfinite(${column})
    then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    else ${column}::text end)`;
