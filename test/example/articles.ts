import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

/**
 * Another team's subgraph, as anybody would write one: a magazine. It knows of the documents no
 * more than that they have an `id`.
 */
const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query {
    article(id: ID!): Article
    articles: [Article!]
  }

  type Article @key(fields: "id") {
    id: ID!
    title: String!
    author: Author!
    "The documents that it stands on; null in the place of one that is gone."
    sources: [Doc]
  }

  type Author @key(fields: "id") {
    id: ID!
    name: String!
    articles: [Article!]
  }

  type Doc @key(fields: "id") {
    id: ID!
    "The articles that have it among their sources."
    articles: [Article!]
  }
`);

interface Identified {
  readonly id: string;
}

interface Author extends Identified {
  readonly name: string;
}

interface Article extends Identified {
  readonly title: string;
  readonly authorId: string;
  readonly sourceIds: readonly string[];
}

const authors: readonly Author[] = [
  { id: 'ines', name: 'Inês Duarte' },
  { id: 'tomasz', name: 'Tomasz Wolny' },
];

const articles: readonly Article[] = [
  {
    id: 'first-search',
    title: 'A search engine in an afternoon',
    authorId: 'ines',
    sourceIds: ['hello-world', 'distances'],
  },
  {
    id: 'two-indexes',
    title: 'Two indexes, one question',
    authorId: 'tomasz',
    sourceIds: ['hnsw', 'ivfflat', 'filters'],
  },
  {
    id: 'outgrown',
    title: 'We outgrew our database, and what we did',
    authorId: 'ines',
    // The last was taken out of the handbook since.
    sourceIds: ['sharding', 'hnsw', 'two-phase-commit'],
  },
];

const byId = <T extends Identified>(all: readonly T[], id: string): T | undefined =>
  all.find((one) => one.id === id);

const resolvers = {
  Query: {
    article: (_root: unknown, { id }: Identified) => byId(articles, id),
    articles: () => articles,
  },
  Article: {
    __resolveReference: ({ id }: Identified) => byId(articles, id),
    author: ({ authorId }: Article) => byId(authors, authorId),
    sources: ({ sourceIds }: Article) => sourceIds.map((id) => ({ id })),
  },
  Author: {
    __resolveReference: ({ id }: Identified) => byId(authors, id),
    articles: ({ id }: Author) => articles.filter(({ authorId }) => authorId === id),
  },
  Doc: {
    articles: ({ id }: Identified) => articles.filter(({ sourceIds }) => sourceIds.includes(id)),
  },
};

/** Serve it on a port of this machine; 0 takes a free one. */
export async function startArticles(port: number) {
  const server = new ApolloServer({
    schema: buildSubgraphSchema({ typeDefs, resolvers }),
    plugins: [ApolloServerPluginInlineTraceDisabled()],
    // Whoever calls `close` decides when.
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port } });
  return { url, close: () => server.stop() };
}
