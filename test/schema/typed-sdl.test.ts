import { composeServices } from '@apollo/composition';
import { ApolloGateway } from '@apollo/gateway';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, print, visit } from 'graphql';
import type { DefinitionNode, GraphQLInputObjectType, GraphQLObjectType } from 'graphql';
import { noTypedCollections } from '../../schema/typed/model.ts';
import { vectorsTypeDefs } from '../../schema/typed/sdl.ts';
import { typeDefs } from '../../schema/sdl.ts';
import { typedOf } from '../support/typed.ts';

const docs = `
"A page of the manual."
type Doc @collection(name: "docs", dimension: 384, metric: COSINE) @tag(name: "manual") {
  id: ID!
  "As its \\"heading\\" says."
  title: String!
  year: Int @column(name: "released") @deprecated
  tags: [String!]
  author: Author
  earlier: [Author!]
  note: String @inaccessible
}
type Author { name: String! born: DateTime }
type Tale @collection(name: "ta\`les", dimension: 3, one: "tale", many: "Stories") { id: ID! }`;

const sdl = vectorsTypeDefs(typedOf(docs));

/** What one type of the SDL adds, or what all share, without descriptions. */
const added = (belongs: RegExp): string =>
  parse(sdl)
    .definitions.slice(parse(typeDefs).definitions.length)
    .map((definition) => print(withoutDescriptions(definition)))
    .filter((text) => belongs.test(text))
    .join('\n');

const withoutDescriptions = (definition: DefinitionNode): DefinitionNode =>
  visit(definition, { StringValue: (_node, key) => (key === 'description' ? null : undefined) });

const tidy = (text: string): string => parse(text).definitions.map(print).join('\n');

test('without typed collections it is the contract', () => {
  expect(vectorsTypeDefs(noTypedCollections)).toBe(typeDefs);
});

test('a typed collection has fields to read, search and write it, and types of its own', () => {
  expect(added(/Doc|Author/)).toBe(
    tidy(`
    extend type Query {
      doc(id: ID!): Doc
      docs(filter: DocFilter, orderBy: [DocOrder!], first: Int = 100, after: String): DocConnection
      searchDocs(
        near: VectorNear!
        k: Int = 10
        offset: Int = 0
        filter: DocFilter
        maxDistance: Float
        options: VectorSearchOptions
      ): DocSearchResult
    }
    extend type Mutation {
      upsertDocs(records: [DocInput!]!): UpsertDocsPayload
      deleteDocs(ids: [ID!], filter: DocFilter): DeleteDocsPayload
    }
    type Doc @key(fields: "id") @tag(name: "manual") {
      id: ID!
      title: String!
      year: Int @deprecated
      tags: [String!]
      author: Author
      earlier: [Author!]
      note: String @inaccessible
      vector: Vector
      metadata(keys: [String!]): JSON
      similar(k: Int = 10, filter: DocFilter, options: VectorSearchOptions): DocSearchResult
    }
    type DocSearchResult {
      matches: [DocMatch!]!
      hasMore: Boolean!
      metric: VectorMetric!
      coverage: VectorCoverage!
      cache: VectorCacheStatus!
      profile: [VectorShardProfile!]! @tag(name: "admin")
      tookMs: Float!
    }
    type DocMatch { distance: Float! score: Float! record: Doc }
    type DocConnection { edges: [DocEdge!]! nodes: [Doc]! pageInfo: PageInfo! totalCount: Float }
    type DocEdge { cursor: String! node: Doc }
    input DocInput {
      id: ID!
      vector: Vector!
      title: String!
      year: Int
      tags: [String!]
      author: AuthorInput
      earlier: [AuthorInput!]
      note: String
      metadata: JSON
    }
    type UpsertDocsPayload { upsertedCount: Int! }
    type DeleteDocsPayload { deletedCount: Float! }
    input DocFilter {
      title: VectorStringFilter
      year: VectorIntFilter
      tags: VectorStringListFilter
      author: AuthorFilter
      earlier: VectorObjectListFilter
      note: VectorStringFilter @inaccessible
      and: [DocFilter!]
      or: [DocFilter!]
      not: DocFilter
    }
    input DocOrder { field: DocOrderField! direction: VectorOrderDirection = ASC }
    enum DocOrderField { id title year note @inaccessible }
    type Author { name: String! born: DateTime }
    input AuthorInput { name: String! born: DateTime }
    input AuthorFilter { name: VectorStringFilter born: VectorDateTimeFilter isNull: Boolean }
  `),
  );
});

test('its fields are called as it says', () => {
  const fields = added(/^extend type .* \{[^}]*Stories/);

  expect(fields.match(/\w+(?=\()/g)).toEqual([
    'tale',
    'Stories',
    'searchStories',
    'upsertStories',
    'deleteStories',
  ]);
  expect(added(/StoriesPayload \{/).match(/\w+(?= \{)/g)).toEqual([
    'UpsertStoriesPayload',
    'DeleteStoriesPayload',
  ]);
});

test('all typed collections share the inputs that they are filtered by', () => {
  const equality = (scalar: string) => `eq: ${scalar} ne: ${scalar}`;
  const membership = (scalar: string) => `${equality(scalar)} in: [${scalar}!] nin: [${scalar}!]`;
  const comparison = (scalar: string) =>
    `${membership(scalar)} lt: ${scalar} lte: ${scalar} gt: ${scalar} gte: ${scalar}`;

  expect(added(/^(scalar|input Vector)/)).toBe(
    tidy(`
      scalar DateTime
      input VectorIntFilter { ${comparison('Int')} isNull: Boolean }
      input VectorFloatFilter { ${comparison('Float')} isNull: Boolean }
      input VectorBooleanFilter { ${equality('Boolean')} isNull: Boolean }
      input VectorStringFilter {
        ${comparison('String')} like: String ilike: String startsWith: String isNull: Boolean
      }
      input VectorIDFilter { ${membership('ID')} isNull: Boolean }
      input VectorDateTimeFilter { ${comparison('DateTime')} isNull: Boolean }
      ${['Int', 'Float', 'Boolean', 'String', 'ID', 'DateTime']
        .map(
          (scalar) => `input Vector${scalar}ListFilter {
            contains: ${scalar} containsAny: [${scalar}!] containsAll: [${scalar}!] isNull: Boolean
          }`,
        )
        .join('\n')}
      input VectorObjectListFilter { isNull: Boolean }
    `),
  );
});

test('descriptions go on, to what is written too', () => {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl) }]);
  const title = (type: string) =>
    (schema.getType(type) as GraphQLObjectType | GraphQLInputObjectType).getFields()['title'];

  expect(schema.getType('Doc')?.description).toBe('A page of the manual.');
  expect(title('Doc')?.description).toBe('As its "heading" says.');
  expect(title('DocInput')?.description).toBe('As its "heading" says.');
});

test('it is a subgraph, which composes without an error or a hint', () => {
  const { errors, hints } = compose(sdl);

  expect(errors).toBeUndefined();
  expect(hints).toEqual([]);
});

test('Apollo Gateway loads it with every directive that can pass through, and shows nothing inaccessible', async () => {
  const { supergraphSdl } = compose(
    vectorsTypeDefs(
      typedOf(`
        type Doc @collection(name: "docs", dimension: 3)
          @key(fields: "url", resolvable: false) @tag(name: "a") @shareable @cost(weight: 1) {
          id: ID! @tag(name: "b")
          url: String @shareable @cost(weight: 2) @override(from: "old") @deprecated(reason: "so")
          tags: [String!] @listSize(assumedSize: 5) @inaccessible
          author: Author
        }
        type Author @key(fields: "id", resolvable: false) { id: ID! }`),
    ),
  );
  // Read by the constructor, which otherwise looks for cloud metadata.
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
  const gateway = new ApolloGateway({ supergraphSdl: supergraphSdl! });

  const { schema } = await gateway.load();
  await gateway.stop();

  const fieldsOf = (name: string) =>
    Object.keys((schema.getType(name) as GraphQLObjectType | GraphQLInputObjectType).getFields());
  expect(fieldsOf('Doc')).toEqual(['id', 'url', 'author', 'vector', 'metadata', 'similar']);
  expect(fieldsOf('DocFilter')).toEqual(['url', 'author', 'and', 'or', 'not']);
});

const compose = (text: string) =>
  composeServices([{ name: 'vectors', url: 'http://127.0.0.1:1', typeDefs: parse(text) }]);
