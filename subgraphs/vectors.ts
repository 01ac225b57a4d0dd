import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, type GraphQLSchema } from 'graphql';
import { scalars } from '../schema/scalars.ts';
import { noTypedCollections, type TypedCollections } from '../schema/typed/model.ts';
import { vectorsTypeDefs } from '../schema/typed/sdl.ts';
import { withEntitiesAlone } from './entities.ts';
import { betweenMutations, betweenQueries } from './resolvers/between.ts';
import { bucketMutations, bucketQueries, bucketTypes } from './resolvers/buckets.ts';
import { cacheMutations, cacheQueries } from './resolvers/cache.ts';
import {
  collectionMutations,
  collectionQueries,
  collectionTypes,
} from './resolvers/collections.ts';
import { indexMutations, indexTypes } from './resolvers/indexes.ts';
import { podQueries } from './resolvers/pods.ts';
import { recordQueries, recordTypes } from './resolvers/records.ts';
import { searchQueries, searchTypes } from './resolvers/search.ts';
import { writeMutations } from './resolvers/writes.ts';
import { typedResolvers } from './typed/resolvers.ts';

export { createVectorsContext, type VectorsContext, type VectorsService } from './context.ts';

/**
 * The `vectors` subgraph: a thin skin over the VectorStore in its context (`VectorsContext`), and
 * what typed collections add to it. A new schema each time, since Apollo Server wraps the resolvers
 * of the one it is given.
 */
export function buildVectorsSchema(typed: TypedCollections = noTypedCollections): GraphQLSchema {
  const { Query, Mutation, ...types } = typedResolvers(typed);
  const module = {
    typeDefs: parse(vectorsTypeDefs(typed)),
    resolvers: {
      ...resolvers,
      ...types,
      Query: { ...resolvers.Query, ...Query },
      Mutation: { ...resolvers.Mutation, ...Mutation },
    },
  };
  return withEntitiesAlone(buildSubgraphSchema([module]));
}

const resolvers = {
  ...scalars,
  Query: {
    ...searchQueries,
    ...recordQueries,
    ...collectionQueries,
    ...bucketQueries,
    ...podQueries,
    ...cacheQueries,
    ...betweenQueries,
  },
  Mutation: {
    ...writeMutations,
    ...collectionMutations,
    ...indexMutations,
    ...bucketMutations,
    ...cacheMutations,
    ...betweenMutations,
  },
  VectorRecord: { ...recordTypes.VectorRecord, ...searchTypes.VectorRecord },
  VectorCollection: { ...collectionTypes.VectorCollection, ...indexTypes.VectorCollection },
  VectorShard: collectionTypes.VectorShard,
  VectorBucket: bucketTypes.VectorBucket,
};
