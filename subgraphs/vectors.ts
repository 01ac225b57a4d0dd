import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql';
import { checkKey } from '../schema/names.ts';
import { scalars } from '../schema/scalars.ts';
import { typeDefs } from '../schema/sdl.ts';
import { readRef } from './arguments.ts';
import type { VectorsContext } from './context.ts';
import { betweenQueries } from './resolvers/between.ts';
import { bucketMutations, bucketQueries, bucketTypes } from './resolvers/buckets.ts';
import {
  collectionMutations,
  collectionQueries,
  collectionTypes,
} from './resolvers/collections.ts';
import { indexMutations, indexTypes } from './resolvers/indexes.ts';
import { podQueries } from './resolvers/pods.ts';
import { loadRecord, recordQueries, recordTypes, type RecordSource } from './resolvers/records.ts';
import { searchQueries, searchTypes } from './resolvers/search.ts';
import { writeMutations } from './resolvers/writes.ts';
import { recordSelection } from './selection.ts';

export { createVectorsContext, type VectorsContext, type VectorsService } from './context.ts';

/**
 * The `vectors` subgraph: a thin skin over the VectorStore in its context (`VectorsContext`). A
 * new schema each time, since Apollo Server wraps the resolvers of the one it is given.
 */
export const buildVectorsSchema = (): GraphQLSchema =>
  buildSubgraphSchema([{ typeDefs: parse(typeDefs), resolvers }]);

const resolvers = {
  ...scalars,
  Query: {
    ...searchQueries,
    ...recordQueries,
    ...collectionQueries,
    ...bucketQueries,
    ...podQueries,
    ...betweenQueries,
  },
  Mutation: {
    ...writeMutations,
    ...collectionMutations,
    ...indexMutations,
    ...bucketMutations,
  },
  VectorRecord: {
    ...recordTypes.VectorRecord,
    ...searchTypes.VectorRecord,
    __resolveReference(ref: RecordSource, context: VectorsContext, info: GraphQLResolveInfo) {
      checkKey(ref.key, 'key', context.limits);
      return loadRecord(readRef(ref), ref.key, recordSelection(info, []), context);
    },
  },
  VectorCollection: { ...collectionTypes.VectorCollection, ...indexTypes.VectorCollection },
  VectorShard: collectionTypes.VectorShard,
  VectorBucket: bucketTypes.VectorBucket,
};
