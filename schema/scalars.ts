import { GraphQLScalarType } from 'graphql';
import { vectorToList } from './vector.ts';

/**
 * Lenient on purpose: they pass any value on, since only a resolver knows the argument's path.
 * graphql's own defaults do that; of literals they make plain values, with variables filled in and
 * objects without a prototype, in which `__proto__` is a key like others.
 */
export const scalars = {
  Vector: new GraphQLScalarType({
    name: 'Vector',
    serialize: (value) => (value instanceof Float32Array ? vectorToList(value) : value),
  }),
  VectorFilter: new GraphQLScalarType({ name: 'VectorFilter' }),
  JSON: new GraphQLScalarType({ name: 'JSON' }),
  /** Of typed collections alone. */
  DateTime: new GraphQLScalarType({ name: 'DateTime' }),
};
