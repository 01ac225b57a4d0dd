import type { Filter } from '../../../schema/filter.ts';
import type { CollectionRef } from '../../store.ts';
import type { SplitMetadata } from '../columns.ts';
import type { Statement } from '../database.ts';
import { filterSql } from '../filter-sql.ts';
import { keyIn } from '../ids.ts';
import { isText, objectIn, type Table, type TableMapping } from '../table.ts';
import { vectorArrayBytes } from '../vector-bytes.ts';
import { quoteIdentifier } from './identifier.ts';
import { createParameters, type Parameters } from './parameters.ts';

/** A collection under the one version of its placement that a write may happen in. */
export interface Fence extends CollectionRef {
  readonly version: number;
}

/** The one row of every write: `fenced` is 0 when the placement has moved on and nothing was done. */
export interface WriteRow {
  readonly fenced: number;
  readonly written: number;
}

/** A record whose metadata is split by the columns of its table. */
export interface PlacedRecord extends SplitMetadata {
  readonly key: string;
  readonly vector: Float32Array;
}

/**
 * Records come in key order: writers that lock in one order cannot wait for each other in a ring.
 * Columns that a record does not name get their defaults, also where it replaces another; so where
 * records name different ones, each kind is an insertion of its own, and the order holds in each.
 */
export function upsertStatement(
  table: Table,
  fence: Fence,
  records: readonly PlacedRecord[],
  vectorOid: number,
): Statement {
  const parameters = createParameters(...fenceValues(fence));
  const parts = byColumns(records).map((alike) =>
    insertionText(table, alike, { parameters, vectorOid }),
  );
  return {
    text: `
      with ${fenceText(table)},
        ${parts.map((part, i) => `part_${i} as (${part})`).join(', ')},
        written as (${parts.map((_, i) => `select from part_${i}`).join(' union all ')})
      ${outcomeText}`,
    values: parameters.values,
    reused: table.mapping.columns.length === 0,
  };
}

/** Those together that name the same columns; of none, nothing but one empty part. */
function byColumns(records: readonly PlacedRecord[]): PlacedRecord[][] {
  const kinds = new Map<string, PlacedRecord[]>();
  for (const record of records) {
    const kind = Object.keys(record.columns).sort().join('\0');
    const alike = kinds.get(kind);
    if (alike) alike.push(record);
    else kinds.set(kind, [record]);
  }
  return kinds.size > 0 ? [...kinds.values()] : [[]];
}

/** The records name the same columns. */
function insertionText(
  { mapping, name, pgvector, idType }: Table,
  records: readonly PlacedRecord[],
  { parameters: { add }, vectorOid }: { parameters: Parameters; vectorOid: number },
): string {
  const given = Object.keys(records[0]?.columns ?? {});
  const own = mapping.metadata === null ? [] : [mapping.metadata];
  const vectors = vectorArrayBytes(
    records.map(({ vector }) => vector),
    vectorOid,
  );
  const lists = [
    `${add(records.map(({ key }) => key))}::text[]`,
    `${add(vectors)}::${pgvector.typeOf('FLOAT32')}[]`,
    `${add(records.map((record) => JSON.stringify(record.own)))}::text[]`,
    `${add(given.length > 0 ? records.map(({ columns }) => JSON.stringify(columns)) : [])}::text[]`,
  ];
  // `unnest` keeps the order of the lists, and joining the one row of `p` does not change it.
  return `
    insert into ${name} (${namesText([mapping.id, mapping.vector, ...own, ...given])})
    ${isText(idType) ? '' : 'overriding system value'}
    select i.id::${idType}, i.vec ${own.length > 0 ? ', i.metadata::jsonb' : ''}
      ${given.map((column) => `, c.${quoteIdentifier(column)}`).join('')}
    from p, unnest(${lists.join(', ')}) as i (id, vec, metadata, columns)
      ${given.length > 0 ? populatedText(name, 'i.columns') : ''}
    on conflict (${quoteIdentifier(mapping.id)}) do update set
      ${[mapping.vector, ...own, ...mapping.columns].map(excludedText).join(', ')}
    returning 1`;
}

export interface MetadataRow extends WriteRow {
  /** A record whose metadata would be too large, and how large; then nothing was written. */
  readonly tooLarge: {
    readonly key: string;
    readonly bytes: number;
    readonly filterableBytes: number;
    /** It is the whole that is too large, whatever can be filtered on. */
    readonly whole: boolean;
  } | null;
}

/** What is under `nonFilterableKeys` counts as filterable no more; without any nothing counts. */
export interface MetadataLimits {
  readonly bytesMax: number;
  readonly filterableBytesMax: number;
  readonly nonFilterableKeys: readonly string[];
}

export function updateMetadataStatement(
  table: Table,
  fence: Fence,
  change: {
    readonly keys: readonly string[];
    readonly set: SplitMetadata;
    readonly unset: readonly string[];
    readonly dryRun: boolean;
  },
  { bytesMax, filterableBytesMax, nonFilterableKeys }: MetadataLimits,
): Statement {
  const { mapping, name, id, key } = table;
  const metadata = objectIn(table.metadata);
  const { keys, set, unset, dryRun } = change;
  const parameters = createParameters(...fenceValues(fence));
  const { add } = parameters;
  const touched = mapping.columns.filter(
    (column) => Object.hasOwn(set.columns, column) || unset.includes(column),
  );
  // A key that goes to a column must not shine through from below it when the column is null.
  const removed = add([...unset, ...touched]);
  const changed = (before: string, added: object): string =>
    `((${before} - ${removed}::text[]) || ${add(JSON.stringify(added))}::jsonb)`;
  const after = changed(metadata, { ...set.own, ...set.columns });
  // Who names none has everything filterable, and only the whole is limited.
  const counted = nonFilterableKeys.length > 0 ? add(nonFilterableKeys) : null;
  const filterable = (value: string): string =>
    counted === null ? '0' : `octet_length((${value} - ${counted}::text[])::text)`;
  return {
    text: `
      with ${fenceText(table)}, changed as (
        select ${id} as id,
          octet_length(${metadata}::text) as bytes_before, octet_length(${after}::text) as bytes,
          ${filterable(metadata)} as filterable_before, ${filterable(after)} as filterable
          ${mapping.metadata === null ? '' : `, ${changed(ownText(mapping.metadata), set.own)} as own`}
        from p, ${name} t where ${keyIn(table, keys, parameters)}
        order by ${key} collate "C" for update of t
      ), too_large as (
        select * from (
          select id::text as key, bytes, filterable as "filterableBytes",
            -- PostgreSQL writes more spaces than JSON needs: what was small enough may look too large.
            bytes > greatest(${add(bytesMax)}, bytes_before) as whole,
            filterable > greatest(${add(filterableBytesMax)}, filterable_before) as part
          from changed
        ) sizes where whole or part limit 1
      ), written as (
        update ${name} t set ${assignmentsText(mapping, touched)}
        from changed ${touched.length > 0 ? populatedText(name, add(JSON.stringify(set.columns))) : ''}
        where ${id} = changed.id and not ${add(dryRun)} and not exists (select from too_large)
        returning 1
      )
      ${outcomeText}, (select to_json(too_large) from too_large) as "tooLarge"`,
    values: parameters.values,
    reused: mapping.columns.length === 0,
  };
}

export function deleteStatement(
  table: Table,
  fence: Fence,
  target: { readonly keys: readonly string[] } | { readonly filter: Filter },
): Statement {
  const { name, id, key } = table;
  const parameters = createParameters(...fenceValues(fence));
  const condition =
    'keys' in target
      ? keyIn(table, target.keys, parameters)
      : filterSql(target.filter, { ...table, add: parameters.add });
  return {
    text: `
      with ${fenceText(table)}, doomed as (
        select ${id} as id from p, ${name} t where ${condition}
        order by ${key} collate "C" for update of t
      ), written as (
        delete from ${name} t using doomed where ${id} = doomed.id returning 1
      )
      ${outcomeText}`,
    values: parameters.values,
    reused: 'keys' in target,
  };
}

const fenceText = ({ standing }: Table): string => `p as (${standing.fence})`;

const fenceValues = ({ bucket, collection, version }: Fence): unknown[] => [
  bucket,
  collection,
  version,
];

const outcomeText = `
  select (select count(*) from p) as fenced, (select count(*) from written) as written`;

const namesText = (names: readonly string[]): string => names.map(quoteIdentifier).join(', ');

const excludedText = (column: string): string =>
  `${quoteIdentifier(column)} = excluded.${quoteIdentifier(column)}`;

const ownText = (column: string): string => objectIn(`t.${quoteIdentifier(column)}`);

/** The values of plain columns, read from JSON as PostgreSQL reads their types. */
const populatedText = (name: string, json: string): string =>
  `, jsonb_populate_record(null::${name}, ${json}::jsonb) c`;

function assignmentsText({ vector, metadata }: TableMapping, touched: readonly string[]): string {
  const texts = [
    ...(metadata === null ? [] : [`${quoteIdentifier(metadata)} = changed.own`]),
    ...touched.map((column) => `${quoteIdentifier(column)} = c.${quoteIdentifier(column)}`),
  ];
  // Without a place for anything there is nothing to change, and the record was there all the same.
  return texts.length > 0
    ? texts.join(', ')
    : `${quoteIdentifier(vector)} = t.${quoteIdentifier(vector)}`;
}
