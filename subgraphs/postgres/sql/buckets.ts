import type { Catalogue } from '../catalogue.ts';
import type { Statement } from '../database.ts';
import { createParameters } from './parameters.ts';
import { collectionsText } from './placements.ts';
import { bucketNamesText } from './tables.ts';
import { quoteIdentifier } from './identifier.ts';

/** Those that Quiver made and those that the configuration names. */
export function bucketsStatement(catalogue: Catalogue, prefix: string): Statement {
  const parameters = createParameters(prefix);
  const created = catalogue.prepared
    ? '(select created_at from quiver.bucket where name = b.name)'
    : 'null';
  return {
    text: `
      with there as materialized (${collectionsText(catalogue, parameters)})
      select b.name, ${created} as "createdAt", (
        select count(*) from there c
        where c.bucket = b.name and c.state = 'active' and c.problem is null) as "collectionCount"
      from (${bucketNamesText(catalogue, parameters.add)}) b (name)
      where starts_with(b.name, $1) group by b.name order by b.name collate "C"`,
    values: parameters.values,
  };
}

/** The bucket, which stays as long as the transaction does. */
export const keepBucketStatement = (name: string): Statement => ({
  text: `select name from quiver.bucket where name = $1 for key share`,
  values: [name],
});

/** The bucket to delete: no collection can be added to it meanwhile. */
export function lockBucketStatement(catalogue: Catalogue, name: string): Statement {
  const parameters = createParameters(name);
  return {
    text: `
      select (
        select count(*) from (${collectionsText(catalogue, parameters)}) c
        where c.bucket = b.name and c.state <> 'dropped') as "liveCount"
      from quiver.bucket b where b.name = $1 for update of b`,
    values: parameters.values,
  };
}

export const insertBucketStatement = (name: string): Statement => ({
  text: `insert into quiver.bucket (name) values ($1) on conflict do nothing returning name`,
  values: [name],
});

export const deleteBucketStatement = (name: string): Statement => ({
  text: `delete from quiver.bucket where name = $1`,
  values: [name],
});

export const createSchemaStatement = (name: string): Statement => ({
  text: `create schema ${quoteIdentifier(name)}`,
  values: [],
});

export const dropSchemaStatement = (name: string): Statement => ({
  text: `drop schema ${quoteIdentifier(name)}`,
  values: [],
});

/** One that was made a moment ago: nothing is in it. */
export const newBucketStatement = (name: string): Statement => ({
  text: `
    select name, 0 as "collectionCount", created_at as "createdAt"
    from quiver.bucket where name = $1`,
  values: [name],
});
