import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import { createStubService } from '../support/stub-service.ts';

let gateway: Running;

beforeAll(async () => {
  const service = createStubService();
  gateway = await startGateway({
    service,
    subgraphs: [],
    host: '127.0.0.1',
    port: 0,
    example: { query: '{ __typename }', variables: {} },
    logger: service.logger,
  });
});
afterAll(() => gateway.close());

test.each([
  ['/graphql', 'near: { vector: [1, 1e400] }'],
  ['/subgraph', 'near: { vector: [1, 1e400] }'],
  ['/graphql', `near: { vector: [1, -1${'0'.repeat(400)}] }`],
  ['/graphql', 'near: { vector: [1, 0] }, filter: { year: 1e309 }'],
])('a number in a query that is none is refused in words: %s %s', async (path, args) => {
  const query = `{ searchVectors(collection: "docs", ${args}) { matches { distance } } }`;
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [
      {
        message: expect.stringContaining('query must be of numbers up to 1.8e308; got'),
        extensions: { code: 'BAD_USER_INPUT', argument: 'query' },
      },
    ],
  });
});
