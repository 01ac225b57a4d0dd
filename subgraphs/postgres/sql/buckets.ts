import type { Statement } from '../database.ts';
import { quoteIdentifier } from './identifier.ts';

export const bucketsStatement = (prefix: string): Statement => ({
  text: `select ${columns} from quiver.bucket b where starts_with(b.name, $1) order by b.name`,
  values: [prefix],
});

/** The bucket, which stays as long as the transaction does. */
export const keepBucketStatement = (name: string): Statement => ({
  text: `select name from quiver.bucket where name = $1 for key share`,
  values: [name],
});

/** The bucket to delete: no collection can be added to it meanwhile. */
export const lockBucketStatement = (name: string): Statement => ({
  text: `select ${liveCount} as "liveCount" from quiver.bucket b where b.name = $1 for update of b`,
  values: [name],
});

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

export const bucketStatement = (name: string): Statement => ({
  text: `select ${columns} from quiver.bucket b where b.name = $1`,
  values: [name],
});

const countOf = (condition: string): string =>
  `(select count(*) from quiver.placement where bucket = b.name and ${condition})`;

const liveCount = countOf(`state <> 'dropped'`);

const columns = `
  b.name, ${countOf(`state = 'active'`)} as "collectionCount", b.created_at as "createdAt"`;
