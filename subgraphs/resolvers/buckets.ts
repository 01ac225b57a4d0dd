import { checkBucketName, checkText } from '../../schema/names.ts';
import { readText } from '../arguments.ts';
import { withinTime, type VectorsContext } from '../context.ts';

interface NameArgument {
  readonly name: string;
}

export const bucketQueries = {
  vectorBuckets(_: unknown, args: { readonly prefix?: string | null }, context: VectorsContext) {
    const prefix = checkText(args.prefix ?? '', 'prefix');
    return withinTime(context, null, (call) => context.store.listBuckets(prefix, call));
  },
};

export const bucketMutations = {
  createVectorBucket(_: unknown, { name }: NameArgument, context: VectorsContext) {
    checkBucketName(name, 'name');
    return withinTime(context, null, async (call) => ({
      bucket: await context.store.createBucket(name, call),
    }));
  },

  deleteVectorBucket(_: unknown, { name }: NameArgument, context: VectorsContext) {
    checkBucketName(name, 'name');
    return withinTime(context, null, async (call) => ({
      deleted: await context.store.deleteBucket(name, call),
    }));
  },
};

export const bucketTypes = {
  VectorBucket: {
    async __resolveReference(reference: { readonly name?: unknown }, context: VectorsContext) {
      const name = checkText(readText(reference.name, 'name'), 'name');
      return withinTime(context, null, async (call) => {
        const buckets = await context.store.listBuckets(name, call);
        return buckets.find((bucket) => bucket.name === name) ?? null;
      });
    },
  },
};
