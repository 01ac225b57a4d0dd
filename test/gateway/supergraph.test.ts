import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse, type ExecutionResult } from 'graphql';
import { startGateway } from '../../gateway/server.ts';
import type { Subgraph } from '../../gateway/subgraph-client.ts';
import type { Running } from '../../subgraphs/http.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

/** Another team's subgraph: it knows the titles of our records. */
const titles = buildSubgraphSchema([
  {
    typeDefs: parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
      type Query { motto: String secret: String forbidden: String }
      type VectorRecord @key(fields: "bucket collection key") {
        bucket: String! collection: String! key: ID!
        title: String
      }
    `),
    resolvers: {
      Query: {
        motto: () => 'to the point',
        secret: () => {
          throw new Error('password is hunter2');
        },
        forbidden: () => {
          throw Object.assign(new Error('not for you'), { extensions: { code: 'NOT_YOURS' } });
        },
      },
      VectorRecord: {
        __resolveReference: (record: { key: string }) => ({
          ...record,
          title: `Record ${record.key}`,
        }),
      },
    },
  },
]);

describe('the supergraph', () => {
  const logger = createMemoryLogger();
  let server: Server;
  let gateway: Running;
  let headers: IncomingHttpHeaders;

  beforeAll(async () => {
    server = await serveTitles();
    gateway = await start([{ name: 'titles', url: urlOf(server) }]);
  });
  afterAll(async () => {
    await gateway.close();
    server.close();
  });

  const start = (subgraphs: readonly Subgraph[]): Promise<Running> =>
    startGateway({
      service: createStubService({}, logger),
      subgraphs,
      host: '127.0.0.1',
      port: 0,
      example: { query: '', variables: {} },
      logger,
    });

  async function serveTitles(): Promise<Server> {
    const titleServer = createServer((request, response) => {
      headers = request.headers;
      void answerOf(request).then((answer) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => titleServer.listen(0, '127.0.0.1', resolve));
    return titleServer;
  }

  async function ask(query: string, given: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...given },
      body: JSON.stringify({ query }),
    });
    return response.json();
  }

  const search =
    'searchVectors(collection: "docs", near: {vector: [1, 0]}) { matches { record { title } } }';

  test("other teams' fields stand on our records", async () => {
    expect(await ask(`{ motto ${search} }`)).toEqual({
      data: {
        motto: 'to the point',
        searchVectors: { matches: [{ record: { title: 'Record one' } }] },
      },
    });
  });

  test('they get the authorization, the id and the time of the request', async () => {
    await ask('{ motto }', {
      authorization: 'Bearer t',
      'x-request-id': 'req-9',
      'x-timeout-ms': '5000',
    });

    expect(headers).toMatchObject({ authorization: 'Bearer t', 'x-request-id': 'req-9' });
    expect(Number(headers['x-timeout-ms'])).toBeLessThanOrEqual(5_000);
  });

  test('their errors with a code are shown, the others masked, both at their place', async () => {
    expect(await ask('{ motto secret forbidden }', { 'x-request-id': 'req-3' })).toEqual({
      data: { motto: 'to the point', secret: null, forbidden: null },
      errors: [
        {
          message: 'Subgraph "titles" failed; request req-3.',
          path: ['secret'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'req-3' },
        },
        { message: 'not for you', path: ['forbidden'], extensions: { code: 'NOT_YOURS' } },
      ],
    });
  });

  test('one that is gone costs only its own fields', async () => {
    const gone = await serveTitles();
    const lonely = await start([{ name: 'titles', url: urlOf(gone) }]);
    gone.close();
    gone.closeAllConnections();

    const response = await fetch(`${lonely.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ motto found: ${search} }` }),
    });

    const code = 'INTERNAL_SERVER_ERROR';
    expect(await response.json()).toMatchObject({
      data: { motto: null, found: { matches: [{ record: { title: null } }] } },
      errors: [
        { path: ['motto'], extensions: { code } },
        { path: ['found', 'matches', 0, 'record'], extensions: { code } },
      ],
    });
    await lonely.close();
  });

  test('a subgraph that does not answer at the start is named', async () => {
    await expect(start([{ name: 'reviews', url: 'http://127.0.0.1:1/graphql' }])).rejects.toThrow(
      /^Subgraph "reviews" must answer at http:\/\/127.0.0.1:1\/graphql for its schema; /,
    );
  });

  test('subgraphs that do not compose are refused with the reasons', async () => {
    const twice = { name: 'again', url: urlOf(server) };

    await expect(start([{ name: 'titles', url: urlOf(server) }, twice])).rejects.toThrow(
      /^The subgraphs must compose into one supergraph:\n.*motto/s,
    );
  });
});

async function answerOf(request: IncomingMessage): Promise<ExecutionResult> {
  const { query, variables = {} } = (await json(request)) as {
    query: string;
    variables?: Record<string, unknown>;
  };
  return graphql({ schema: titles, source: query, variableValues: variables });
}

const urlOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
