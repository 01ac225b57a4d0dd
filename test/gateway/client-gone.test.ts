import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import { createStubService } from '../support/stub-service.ts';

let gateway: Running;
let searches: { begun: () => void; ended: () => void };

/** Its searches end with their call alone. */
beforeAll(async () => {
  const service = createStubService({
    search: (_, call) => {
      searches.begun();
      return new Promise((_resolve, reject) => {
        call.onAbort(() => {
          searches.ended();
          reject(new Error('the call has ended'));
        });
      });
    },
  });
  const { logger } = service;
  const example = { query: '{ __typename }', variables: {} };
  gateway = await startGateway({
    service: { ...service, limits: { ...service.limits, timeoutMsDefault: 30_000 } },
    subgraphs: [],
    host: '127.0.0.1',
    port: 0,
    example,
    logger,
  });
  // Only what was answered before is answered without Apollo Server.
  for (const path of ['/graphql', '/subgraph']) {
    await (await ask(path, '{ vectorPods { name } }')).text();
  }
});
afterAll(() => gateway.close());

const ask = (path: string, text: string, signal: AbortSignal | null = null): Promise<Response> =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text }),
    signal,
  });

const query =
  '{ searchVectors(collection: "docs", near: { vector: [1, 0] }) { matches { distance } } }';

// The first time an operation is planned, later it goes to our own subgraph at once.
test.each([
  ['/graphql', 'first'],
  ['/graphql', 'second'],
  ['/subgraph', 'first'],
  ['/subgraph', 'second'],
])('a client that goes away ends its searches: at %s for the %s time', async (path) => {
  const client = new AbortController();
  const begun = new Promise<void>((resolve) => (searches = { begun: resolve, ended: () => {} }));
  const ended = new Promise<void>((resolve) => (searches.ended = resolve));

  const asked = ask(path, query, client.signal);
  await begun;
  client.abort();

  await expect(asked).rejects.toThrow('aborted');
  await ended;
});
