import { jest } from '@jest/globals';
import { ApolloServer } from '@apollo/server';
import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

const byApollo = jest.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
const logger = createMemoryLogger();
let team: OtherTeam;
let gateway: Running;

beforeAll(async () => {
  team = await startOtherTeam('type Query { motto: String }', { Query: { motto: () => 'hm' } });
  gateway = await startGateway({
    service: createStubService({}, logger),
    subgraphs: [{ name: 'team', url: team.url }],
    host: '127.0.0.1',
    port: 0,
    example: { query: '{ __typename }', variables: {} },
    logger,
  });
});
afterAll(async () => {
  await gateway.close();
  await team.down();
});

interface Asked {
  readonly body: object;
  readonly accept?: string;
  readonly path?: string;
}

/** All that a client sees, but for the places of errors in its text: Apollo Gateway loses them. */
async function post({ body, accept = '*/*', path = '/graphql' }: Asked) {
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, 'x-request-id': 'the-same' },
    body: JSON.stringify(body),
  });
  const { date: _, 'content-length': _length, ...headers } = Object.fromEntries(response.headers);
  const text = (await response.text()).replace(/"locations":\[[^\]]*\],/g, '');
  return { status: response.status, headers, text };
}

/** The answers to a request that comes three times, and how often Apollo Server was asked. */
async function thrice(asked: Asked) {
  const before = byApollo.mock.calls.length;
  const answers = [await post(asked), await post(asked), await post(asked)];
  return { answers, count: byApollo.mock.calls.length - before };
}

const search = `searchVectors(collection: "docs", near: {vector: [1, 0]}) {
  matches { distance score record { key metadata } } }`;
const missing = 'searchVectors(collection: "none", near: {vector: [1, 0]}) { hasMore }';

const direct: readonly [string, Asked][] = [
  ['a search', { body: { query: `{ ${search} }` } }],
  ['a search through the subgraph', { body: { query: `{ ${search} }` }, path: '/subgraph' }],
  [
    'an operation with variables',
    {
      body: {
        query:
          'query Q($c: String!) { searchVectors(collection: $c, near: {vector: [1, 0]}) { hasMore } }',
        variables: { c: 'docs' },
        operationName: 'Q',
        extensions: null,
      },
    },
  ],
  ['an operation with an empty name', { body: { query: `{ a: ${search} }`, operationName: '' } }],
  [
    'one of two operations',
    { body: { query: `query A { ${search} } query B { ${missing} }`, operationName: 'A' } },
  ],
  ['a search that fails in part', { body: { query: `{ ${search} b: ${missing} }` } }],
  ['what fails unexpectedly', { body: { query: '{ vectorBuckets { name } }' } }],
  [
    'a mutation',
    {
      body: {
        query: 'mutation { deleteVectors(collection: "none", keys: ["a"]) { deletedCount } }',
      },
    },
  ],
  [
    'a client that prefers GraphQL responses',
    {
      body: { query: `{ c: ${search} }` },
      accept: 'application/graphql-response+json, application/json;q=0.9',
    },
  ],
];

const byApolloAlone: readonly [string, Asked][] = [
  ["another team's field", { body: { query: '{ motto }' } }],
  ['fields of two teams', { body: { query: `{ motto ${search} }` } }],
  ['what nobody answers', { body: { query: '{ __typename }' } }],
  ['the schema', { body: { query: `{ ${search} __schema { queryType { name } } }` } }],
  ['a mistake', { body: { query: '{ vectorPodz { name } }' } }],
  [
    'an operation that is not there',
    { body: { query: `query A { ${search} }`, operationName: 'B' } },
  ],
  ['variables that are no object', { body: { query: `{ ${search} }`, variables: 'x' } }],
  ['a name that is no text', { body: { query: `{ ${search} }`, operationName: 5 } }],
  ['extensions', { body: { query: `{ ${search} }`, extensions: { more: 1 } } }],
  ['a query that is no text', { body: { query: 5 } }],
  ['an answer in no form of ours', { body: { query: `{ ${search} }` }, accept: 'text/html' }],
  [
    'variables that are wrong',
    {
      body: {
        query:
          'query ($k: Int!) { vectorPods { name } a: searchVectors(collection: "docs", near: {vector: [1, 0]}, k: $k) { hasMore } }',
        variables: { k: 'x' },
      },
    },
  ],
];

test.each(direct)(
  'Apollo Server is asked for %s once, and the answers are the same',
  async (_, asked) => {
    const { answers, count } = await thrice(asked);

    expect(count).toBe(1);
    expect(answers[0]!.status).toBe(200);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  },
);

test.each(byApolloAlone)('Apollo Server is asked for %s each time', async (_, asked) => {
  const { answers, count } = await thrice(asked);

  expect(count).toBe(3);
  expect(answers[2]).toEqual(answers[0]);
});

test('an operation that came with right variables is refused in the same words with wrong ones', async () => {
  const query =
    'query ($k: Int) { d: searchVectors(collection: "docs", near: {vector: [1, 0]}, k: $k) { hasMore } }';
  const wrong = { body: { query, variables: { k: 'x' } } };
  const first = await post(wrong);
  await post({ body: { query, variables: { k: 2 } } });
  const before = byApollo.mock.calls.length;

  expect(await post({ body: { query, variables: { k: 2 } } })).toMatchObject({ status: 200 });
  expect(byApollo.mock.calls.length).toBe(before);
  expect(await post(wrong)).toEqual(first);
  expect(first).toMatchObject({ text: expect.stringContaining('BAD_USER_INPUT') });
});

test('a query that may not come by GET is not answered there because it came by POST', async () => {
  const query = 'mutation { deleteVectors(collection: "none", keys: ["b"]) { deletedCount } }';
  await post({ body: { query } });
  const response = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`, {
    headers: { 'apollo-require-preflight': 'yes' },
  });

  expect(response.status).toBe(405);
});
