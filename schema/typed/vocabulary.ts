import { buildSchema, type GraphQLSchema } from 'graphql';

/**
 * The directives that can stand in somebody's SDL: ours, which are read, and those of federation,
 * which pass through. `@inaccessible` is for fields: what gives a hidden type could not be composed.
 */
export const makeVocabulary = (): GraphQLSchema => buildSchema(vocabulary, { assumeValid: true });

/** Apollo Gateway does not load a graph that has them: nothing in it would enforce them. */
export const unenforcedDirectives: ReadonlySet<string> = new Set([
  'authenticated',
  'requiresScopes',
  'policy',
]);

/** They are read, and do not stand in the SDL that is made. */
export const ownDirectives: ReadonlySet<string> = new Set(['collection', 'column']);

const vocabulary = `
enum VectorMetric { COSINE L2 INNER_PRODUCT L1 }

directive @collection(
  name: String!
  dimension: Int!
  metric: VectorMetric
  bucket: String! = "vecs"
  one: String
  many: String
) on OBJECT
directive @column(name: String!) on FIELD_DEFINITION

directive @key(fields: String!, resolvable: Boolean! = true) repeatable on OBJECT
directive @tag(name: String!) repeatable on OBJECT | FIELD_DEFINITION
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @cost(weight: Int!) on OBJECT | FIELD_DEFINITION
directive @listSize(
  assumedSize: Int
  slicingArguments: [String!]
  sizedFields: [String!]
  requireOneSlicingArgument: Boolean = true
) on FIELD_DEFINITION
`;
