import { errors } from '../../schema/errors.ts';
import { defaultBucket } from '../arguments.ts';
import type { Call } from '../call.ts';
import type { Bucket } from '../store.ts';
import type { Context } from './context.ts';
import { sqlStateOf } from './database-errors.ts';
import { requirePrepared } from './prepare.ts';
import { toBucket, type BucketRow } from './rows.ts';
import {
  bucketsStatement,
  createSchemaStatement,
  deleteBucketStatement,
  dropSchemaStatement,
  insertBucketStatement,
  lockBucketStatement,
  newBucketStatement,
} from './sql/buckets.ts';

export async function listBuckets(
  { database, catalogue }: Context,
  prefix: string,
  call: Call,
): Promise<Bucket[]> {
  const rows = await database.query<BucketRow>(bucketsStatement(catalogue, prefix), call);
  return rows.map(toBucket);
}

export async function createBucket(context: Context, name: string, call: Call): Promise<Bucket> {
  const { database } = context;
  requirePrepared(context);
  try {
    return await database.transaction(async (query) => {
      // Inserting the row makes others who create the same bucket wait until it is whole.
      const inserted = await query(insertBucketStatement(name));
      if (inserted.length === 0) throw errors.bucketExists(name);
      await query(createSchemaStatement(name));
      const [row] = await query<BucketRow>(newBucketStatement(name));
      return toBucket(row!);
    }, call);
  } catch (error) {
    if (sqlStateOf(error) !== DUPLICATE_SCHEMA) throw error;
    throw errors.badRequest(
      'name',
      `name must be free for a new bucket; the database has a schema "${name}" that Quiver did not make.`,
    );
  }
}

export async function deleteBucket(context: Context, name: string, call: Call): Promise<boolean> {
  const { database, catalogue } = context;
  requirePrepared(context);
  // It is listed whether its schema is there or not: without one nobody could make it again.
  if (name === defaultBucket) {
    throw errors.badRequest('name', `name must be another bucket; "${name}" is always there.`);
  }
  try {
    return await database.transaction(async (query) => {
      const [bucket] = await query<{ liveCount: number }>(lockBucketStatement(catalogue, name));
      if (!bucket) return false;
      if (bucket.liveCount > 0) throw errors.bucketNotEmpty(name, bucket.liveCount);
      await query(dropSchemaStatement(name));
      await query(deleteBucketStatement(name));
      return true;
    }, call);
  } catch (error) {
    if (sqlStateOf(error) !== DEPENDENT_OBJECTS) throw error;
    throw errors.badRequest(
      'name',
      `name must be an empty bucket; "${name}" holds tables that Quiver did not make.`,
    );
  }
}

const DUPLICATE_SCHEMA = '42P06';
const DEPENDENT_OBJECTS = '2BP01';
