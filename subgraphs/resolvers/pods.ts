import { withinTime, type VectorsContext } from '../context.ts';

export const podQueries = {
  vectorPods: (_: unknown, __: unknown, context: VectorsContext) =>
    withinTime(context, null, (call) => context.store.pods(call)),
};
