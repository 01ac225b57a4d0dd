import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse, type ExecutionResult, type GraphQLSchema } from 'graphql';

/** Another team's subgraph, whose moods a test can choose. */
export interface OtherTeam {
  readonly url: string;
  /** Of the last request. */
  readonly headers: IncomingHttpHeaders;
  /** From now on this is its schema. */
  serve(typeDefs: string, resolvers?: object): void;
  /** Hears requests and does not answer, until it is to. */
  keepSilent(): void;
  answer(): void;
  /** To whatever it is asked but its schema, until it is to answer again. */
  sayInstead(body: string): void;
  /** Its port is closed. */
  down(): Promise<void>;
  /** At the same port again, if it was down. */
  up(): Promise<void>;
}

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@shareable"])';

export async function startOtherTeam(typeDefs: string, resolvers?: object): Promise<OtherTeam> {
  let schema = schemaOf(typeDefs, resolvers);
  let headers: IncomingHttpHeaders = {};
  let speak = (): void => {};
  let silence = Promise.resolve();
  let said: string | null = null;

  const server = createServer((request, response) => {
    headers = request.headers;
    void answerTo(request).then((answer) =>
      response.setHeader('content-type', 'application/json').end(answer),
    );
  });
  const answerTo = async (request: IncomingMessage): Promise<string> => {
    await silence;
    const asked = (await json(request)) as Asked;
    if (said !== null && !asked.query.includes('_service')) return said;
    return JSON.stringify(await answerOf(schema, asked));
  };
  // As ours. With Node's five seconds a process that stands still for one asks on a connection
  // that this end is closing.
  server.keepAliveTimeout = 75_000;
  const listen = async (port: number): Promise<number> => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);

  return {
    url: `http://127.0.0.1:${port}/graphql`,
    get headers() {
      return headers;
    },
    serve(nextTypeDefs, nextResolvers) {
      schema = schemaOf(nextTypeDefs, nextResolvers);
    },
    keepSilent() {
      silence = new Promise((resolve) => (speak = resolve));
    },
    answer() {
      said = null;
      speak();
    },
    sayInstead(body) {
      said = body;
    },
    async down() {
      speak();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    async up() {
      if (!server.listening) await listen(port);
    },
  };
}

const schemaOf = (typeDefs: string, resolvers: object = {}): GraphQLSchema =>
  buildSubgraphSchema([{ typeDefs: parse(`${link}\n${typeDefs}`), resolvers: { ...resolvers } }]);

interface Asked {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

const answerOf = (
  schema: GraphQLSchema,
  { query, variables = {} }: Asked,
): Promise<ExecutionResult> => graphql({ schema, source: query, variableValues: variables });
