import { readRef, type CollectionArguments } from '../arguments.ts';
import { requireCollection } from '../collections.ts';
import { withinTime, type VectorsContext } from '../context.ts';

export const cacheQueries = {
  vectorCache: (_: unknown, __: unknown, { cache }: VectorsContext) => cache?.stats() ?? null,
};

export const cacheMutations = {
  clearVectorCache(_: unknown, args: CollectionArguments, context: VectorsContext) {
    const ref = readRef(args);
    return withinTime(context, null, async (call) => {
      await requireCollection(context.store, ref, call);
      await context.cache?.clear(ref, call);
      return { cleared: context.cache !== undefined };
    });
  },
};
