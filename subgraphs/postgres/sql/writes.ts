import type { Filter, JsonObject } from '../../../schema/filter.ts';
import type { CollectionRef, NewRecord } from '../../store.ts';
import type { Statement } from '../database.ts';
import { filterSql } from '../filter-sql.ts';
import type { Table } from '../table.ts';
import { vectorArrayBytes } from '../vector-bytes.ts';
import { createParameters } from './parameters.ts';

/** A collection under the one version of its placement that a write may happen in. */
export interface Fence extends CollectionRef {
  readonly version: number;
}

/** The one row of every write: `fenced` is 0 when the placement has moved on and nothing was done. */
export interface WriteRow {
  readonly fenced: number;
  readonly written: number;
}

/** Records come in key order: writers that lock in one order cannot wait for each other in a ring. */
export const upsertStatement = (
  table: Table,
  fence: Fence,
  records: readonly NewRecord[],
  vectorOid: number,
): Statement => ({
  // `unnest` keeps the order of the lists, and joining the one row of `p` does not change it.
  text: `
    with ${fenceText}, written as (
      insert into ${table.name} (id, vec, metadata)
      select i.id, i.vec, i.metadata::jsonb
      from p, unnest($4::text[], $5::vector[], $6::text[]) as i (id, vec, metadata)
      on conflict (id) do update set vec = excluded.vec, metadata = excluded.metadata
      returning 1
    )
    ${outcomeText}`,
  values: [
    ...fenceValues(fence),
    records.map(({ key }) => key),
    vectorArrayBytes(
      records.map(({ vector }) => vector),
      vectorOid,
    ),
    records.map(({ metadata }) => JSON.stringify(metadata)),
  ],
  reused: true,
});

export interface MetadataRow extends WriteRow {
  /** A record whose metadata would be too large, and how large; then nothing was written. */
  readonly tooLarge: { readonly key: string; readonly bytes: number } | null;
}

export const updateMetadataStatement = (
  table: Table,
  fence: Fence,
  change: {
    readonly keys: readonly string[];
    readonly set: JsonObject;
    readonly unset: readonly string[];
    readonly dryRun: boolean;
  },
  bytesMax: number,
): Statement => ({
  text: `
    with ${fenceText}, changed as (
      select t.id, (t.metadata - $5::text[]) || $6::jsonb as metadata,
        octet_length(t.metadata::text) as bytes_before
      from p, ${table.name} t where t.id = any ($4::text[])
      order by t.id collate "C" for update of t
    ), too_large as (
      select id as key, octet_length(metadata::text) as bytes from changed
      -- PostgreSQL writes more spaces than JSON needs: what was small enough may look too large.
      where octet_length(metadata::text) > greatest($7, bytes_before) limit 1
    ), written as (
      update ${table.name} t set metadata = changed.metadata from changed
      where t.id = changed.id and not $8 and not exists (select from too_large)
      returning 1
    )
    ${outcomeText}, (select to_json(too_large) from too_large) as "tooLarge"`,
  values: [
    ...fenceValues(fence),
    change.keys,
    change.unset,
    JSON.stringify(change.set),
    bytesMax,
    change.dryRun,
  ],
  reused: true,
});

export function deleteStatement(
  table: Table,
  fence: Fence,
  target: { readonly keys: readonly string[] } | { readonly filter: Filter },
): Statement {
  const { values, add } = createParameters(...fenceValues(fence));
  const condition =
    'keys' in target
      ? `t.id = any (${add(target.keys)}::text[])`
      : filterSql(target.filter, { metadata: table.metadata, add });
  return {
    text: `
      with ${fenceText}, doomed as (
        select t.id from p, ${table.name} t where ${condition}
        order by t.id collate "C" for update of t
      ), written as (
        delete from ${table.name} t using doomed where t.id = doomed.id returning 1
      )
      ${outcomeText}`,
    values,
    reused: 'keys' in target,
  };
}

/**
 * `for share` waits for whoever is changing the placement, and then looks again. An advisory lock
 * in the same statement would not fence: the statement's snapshot is taken before it.
 */
const fenceText = `p as (
  select 1 from quiver.placement
  where bucket = $1 and collection = $2 and version = $3 and state <> 'dropped' for share
)`;

const fenceValues = ({ bucket, collection, version }: Fence): unknown[] => [
  bucket,
  collection,
  version,
];

const outcomeText = `
  select (select count(*) from p) as fenced, (select count(*) from written) as written`;
