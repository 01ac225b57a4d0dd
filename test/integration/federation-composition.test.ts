import * as apollo from '@apollo/composition';
import * as guild from '@theguild/federation-composition';
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition';
import { graphqlSync, isInputObjectType, isObjectType, parse, printType } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { localPart } from '../../gateway/supergraph/local-part.ts';
import { schemaOfPlainGateway } from '../support/outer-router.ts';

const typed = `
  "A page."
  type Doc @collection(name: "docs", dimension: 384, metric: COSINE) @tag(name: "public") {
    id: ID!
    title: String!
    year: Int @deprecated(reason: "see written")
    written: DateTime
    tags: [String!] @tag(name: "public")
    secret: String @inaccessible
    author: Author
  }
  type Author { name: String! }
`;

const articles = {
  name: 'articles',
  url: 'http://127.0.0.1:4001/graphql',
  typeDefs: parse(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
    type Query { article(id: ID!): Article }
    type Article @key(fields: "id") { id: ID! record: VectorRecord }
    type VectorRecord @key(fields: "bucket collection key") {
      bucket: String! collection: String! key: ID! article: Article
    }
  `),
};
const docs = {
  name: 'docs',
  url: 'http://127.0.0.1:4002/graphql',
  typeDefs: parse(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
    type Query { best: Doc }
    type Doc @key(fields: "id") { id: ID! title: String! @external shouted: String @requires(fields: "title") }
  `),
};

type Service = typeof articles;

/** What clients see of the supergraph of these, by three composers. */
const composers: Readonly<Record<string, (services: Service[]) => Promise<GraphQLSchema>>> = {
  '@apollo/composition': (services) => servedBy(apollo.composeServices(services)),
  '@theguild/federation-composition': (services) => servedBy(guild.composeServices(services)),
  async '@wundergraph/composition'(services) {
    const subgraphs = services.map(({ typeDefs, ...rest }) => ({ ...rest, definitions: typeDefs }));
    const result = federateSubgraphs({ subgraphs, version: ROUTER_COMPATIBILITY_VERSION_ONE });
    if (!result.success) throw new Error(result.errors.map(String).join('\n'));
    return result.federatedGraphClientSchema;
  },
};

async function servedBy(composed: {
  readonly supergraphSdl?: string | undefined;
  readonly errors?: readonly Error[] | undefined;
}): Promise<GraphQLSchema> {
  if (!composed.supergraphSdl) throw new Error(composed.errors?.map(String).join('\n'));
  return schemaOfPlainGateway(composed.supergraphSdl);
}

/** As `/subgraph` prints it. */
function ourService(text: string): Service {
  const { schema } = localPart([{ name: 'doc.graphql', text }]);
  const { data } = graphqlSync({ schema, source: '{ _service { sdl } }' });
  const { sdl } = (data as Record<'_service', { sdl: string }>)['_service'];
  return { name: 'vectors', url: 'http://127.0.0.1:4000/subgraph', typeDefs: parse(sdl) };
}

const fieldsOf = (schema: GraphQLSchema, name: string): string[] => {
  const type = schema.getType(name);
  return isObjectType(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : [];
};
function argumentsOf(schema: GraphQLSchema, mutation: string): string[] {
  const fields = schema.getMutationType()?.getFields() ?? {};
  return fields[mutation]?.args.map(({ name }) => name) ?? [];
}

describe.each(Object.entries(composers))('by %s', (_composer, compose) => {
  test("the contract composes with another team's subgraph", async () => {
    const schema = await compose([ourService(''), articles]);

    expect(fieldsOf(schema, 'VectorRecord').sort()).toEqual(
      'article bucket collection key metadata similar vector vectorBase64'.split(' '),
    );
    expect(fieldsOf(schema, 'Article')).toEqual(['id', 'record']);
    expect(fieldsOf(schema, 'VectorSearchResult')).toEqual(
      'matches hasMore metric coverage cache profile tookMs'.split(' '),
    );
  });

  test('what is between gateways and pods alone is hidden', async () => {
    const schema = await compose([ourService(typed), articles]);

    expect(fieldsOf(schema, 'Query')).not.toContain('searchVectorShards');
    expect(
      fieldsOf(schema, 'Query').filter((name) => /Shards|Placement|Rows|Reports/.test(name)),
    ).toEqual([]);
    expect(fieldsOf(schema, 'VectorCollection')).not.toContain('placement');
    expect(argumentsOf(schema, 'upsertVectors')).toEqual(['collection', 'bucket', 'records']);
    expect(argumentsOf(schema, 'deleteVectorCollection')).toEqual(['name', 'bucket']);
  });

  test('typed collections compose too, and others extend their types', async () => {
    const schema = await compose([ourService(typed), articles, docs]);

    expect(fieldsOf(schema, 'Query')).toEqual(
      expect.arrayContaining(['doc', 'docs', 'searchDocs', 'article', 'best']),
    );
    expect(fieldsOf(schema, 'Mutation')).toEqual(
      expect.arrayContaining(['upsertDocs', 'deleteDocs', 'upsertVectors']),
    );
    expect(fieldsOf(schema, 'Doc').sort()).toEqual(
      'author id metadata shouted similar tags title vector written year'.split(' '),
    );
    expect(fieldsOf(schema, 'DocFilter')).toContain('title');
    expect(printType(schema.getType('DocOrderField')!)).toContain('written');
    expect(fieldsOf(schema, 'DocInput')).toEqual(expect.arrayContaining(['vector', 'author']));
  });
});
