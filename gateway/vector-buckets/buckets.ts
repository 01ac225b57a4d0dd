import { codeOf, errors } from '../../schema/errors.ts';
import { compareBytes } from '../../schema/key.ts';
import { checkBucketName, checkText } from '../../schema/names.ts';
import { fromCursor, toCursor } from '../../subgraphs/arguments.ts';
import type { Bucket } from '../../subgraphs/store.ts';
import { toSeconds, type OperationContext, type Operations } from './context.ts';
import { s3Limits } from './limits.ts';

export const bucketOperations: Operations<
  'CreateVectorBucket' | 'GetVectorBucket' | 'ListVectorBuckets' | 'DeleteVectorBucket'
> = {
  async CreateVectorBucket({ vectorBucketName }, { store, call }) {
    const name = checkBucketName(vectorBucketName, 'vectorBucketName');
    await orConflict(name, store.createBucket(name, call));
    return {};
  },

  async GetVectorBucket({ vectorBucketName }, context) {
    return { vectorBucket: toVectorBucket(await requireBucket(vectorBucketName, context)) };
  },

  async ListVectorBuckets({ prefix = '', nextToken, maxResults }, { store, call }) {
    const limit = maxResults ?? s3Limits.namesMax;
    const [after] = fromCursor(nextToken, 1, 'nextToken') ?? [];
    const buckets = await store.listBuckets(checkText(prefix, 'prefix'), call);
    const left = buckets.filter(({ name }) => after === undefined || compareBytes(name, after) > 0);
    const page = left.slice(0, limit);
    return {
      vectorBuckets: page.map(toVectorBucket),
      nextToken: left.length > limit ? toCursor([page.at(-1)!.name]) : undefined,
    };
  },

  async DeleteVectorBucket({ vectorBucketName }, { store, call }) {
    const name = checkBucketName(vectorBucketName, 'vectorBucketName');
    const deleted = await orConflict(name, store.deleteBucket(name, call));
    if (!deleted) throw errors.bucketNotFound(name);
    return {};
  },
};

export async function requireBucket(name: string, context: OperationContext): Promise<Bucket> {
  const { store, call } = context;
  const buckets = await store.listBuckets(checkText(name, 'vectorBucketName'), call);
  const found = buckets.find((bucket) => bucket.name === name);
  if (!found) throw errors.bucketNotFound(name);
  return found;
}

const toVectorBucket = ({ name, createdAt }: Bucket) => ({
  vectorBucketName: name,
  creationTime: toSeconds(createdAt),
});

/** The name has been judged: if the store still objects, then to what the database has under it. */
async function orConflict<T>(bucket: string, outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (error) {
    if (codeOf(error) !== 'BAD_USER_INPUT') throw error;
    throw errors.bucketConflict(bucket, (error as Error).message);
  }
}
