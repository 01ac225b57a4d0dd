import { once } from 'node:events';
import { connect } from 'node:net';
import { defaultLimits } from '../../schema/limits.ts';
import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

const example = { query: 'query Q($k: Int) { vectorPods { name } }', variables: { k: 3 } };

const twelve = 'similar { tookMs }';
const thirteen = 'similar { coverage { fraction } }';

describe('the gateway over HTTP', () => {
  const logger = createMemoryLogger();
  let gateway: Running;

  beforeAll(async () => {
    delete process.env['APOLLO_TELEMETRY_DISABLED'];
    gateway = await start({});
  });
  afterAll(() => gateway.close());

  async function start(store: Partial<VectorStore>): Promise<Running> {
    const service = createStubService(store, logger);
    return startGateway({ service, subgraphs: [], host: '127.0.0.1', port: 0, example, logger });
  }

  async function post(body: unknown, headers: Record<string, string> = {}, path = '/graphql') {
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, answer: await response.json() };
  }

  const search = (alias: string, near = '{vector: [1, 0]}', collection = 'docs'): string =>
    `${alias}: searchVectors(collection: "${collection}", near: ${near}) { matches { distance record { key } } }`;

  test('it has Apollo Gateway report to nobody', () => {
    expect(process.env['APOLLO_TELEMETRY_DISABLED']).toBe('true');
  });

  test('it answers at /graphql and at /subgraph alike', async () => {
    const body = { query: `{ ${search('found')} }` };

    const data = { found: { matches: [{ distance: 0.5, record: { key: 'one' } }] } };
    expect((await post(body)).answer).toEqual({ data });
    expect((await post(body, {}, '/subgraph')).answer).toEqual({ data });
  });

  test('two searches in one request fail apart, each with its code, argument and path', async () => {
    const query = `{ ${search('a')} ${search('b', '{vector: [1, "x"]}')} ${search('c', '{vector: [1, 0]}', 'none')} }`;

    const { status, answer } = await post({ query });

    expect(status).toBe(200);
    expect(answer).toMatchObject({
      data: { a: { matches: [{ record: { key: 'one' } }] }, b: null, c: null },
      errors: [
        { path: ['b'], extensions: { code: 'BAD_USER_INPUT', argument: 'near.vector[1]' } },
        { path: ['c'], extensions: { code: 'COLLECTION_NOT_FOUND', collection: 'none' } },
      ],
    });
  });

  test('what is unexpected is logged whole and shown with the id of the request alone', async () => {
    const query = '{ vectorBuckets { name } }';

    const { answer, headers } = await post({ query }, { 'x-request-id': 'req-7' });

    expect(headers.get('x-request-id')).toBe('req-7');
    expect(answer).toEqual({
      data: { vectorBuckets: null },
      errors: [
        {
          message: expect.stringContaining('req-7'),
          path: ['vectorBuckets'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'req-7' },
        },
      ],
    });
    const logged = logger.lines.filter(({ details }) => 'requestId' in details);
    expect(logged).toEqual([
      { details: { requestId: 'req-7', err: expect.any(Error) }, message: 'unexpected error' },
    ]);
  });

  test.each([
    [
      'a typing mistake',
      { query: '{ vectorPodz { name } }' },
      'GRAPHQL_VALIDATION_FAILED',
      /vectorPods/,
    ],
    ['no GraphQL', { query: '{ vectorPods {' }, 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    ['no query', {}, 'BAD_USER_INPUT', /POST body missing/],
    [
      'an unknown operation',
      { query: 'query A { vectorPods { name } }', operationName: 'B' },
      'BAD_USER_INPUT',
      /operation named "B"/,
    ],
    ['malformed JSON', '{"query": ', 'BAD_USER_INPUT', /JSON/],
    [
      'a wrong variable',
      {
        query: 'query($k: Int!) { scanVectors(collection: "docs", first: $k) { nodes { key } } }',
        variables: { k: 'x' },
      },
      'BAD_USER_INPUT',
      /\$k/,
    ],
    [
      'an operation of too many levels',
      { query: deepQuery(thirteen) },
      'LIMIT_EXCEEDED',
      /at most 12 levels; got 13/,
    ],
    [
      'an operation of too many root fields',
      { query: wideQuery(31) },
      'LIMIT_EXCEEDED',
      /at most 30 root fields; got 31/,
    ],
    [
      'levels in fragments',
      { query: `{ ...deep } fragment deep on Query ${deepQuery(thirteen)}` },
      'LIMIT_EXCEEDED',
      /got 13/,
    ],
  ])('%s is a 400 with a code', async (_what, body, code, message) => {
    const { status, answer } = await post(body);

    expect(status).toBe(400);
    expect(answer).toEqual({
      errors: [expect.objectContaining({ message: expect.stringMatching(message) })],
    });
    expect(answer).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  test('a body over the limit is refused', async () => {
    const { status, answer } = await post({ query: ' '.repeat(defaultLimits.bodyBytesMax) });

    expect(status).toBe(413);
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
  });

  test('twelve levels, thirty root fields and introspection pass', async () => {
    expect((await post({ query: deepQuery(twelve) })).status).toBe(200);
    expect((await post({ query: wideQuery(30) })).status).toBe(200);
    const introspection = await post({
      query:
        '{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } } } } } }',
    });
    expect(introspection.status).toBe(200);
  });

  test('a request has the time that its header says', async () => {
    const slow = await start({
      pods: (call) =>
        new Promise((_, reject) => {
          call.signal.addEventListener('abort', () => reject(call.signal.reason));
        }),
    });
    const response = await fetch(`${slow.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-timeout-ms': '20' },
      body: '{"query":"{ vectorPods { name } }"}',
    });

    expect(await response.json()).toMatchObject({
      data: { vectorPods: null },
      errors: [{ path: ['vectorPods'], extensions: { code: 'DEADLINE_EXCEEDED', timeoutMs: 20 } }],
    });
    await slow.close();
  });

  test('it is ready while a pod answers, and live in any case', async () => {
    const lonely = await start({ pods: async () => [] });

    expect(await statusAndBody(`${gateway.url}/health/ready`)).toEqual([
      200,
      { ready: true, pods: [{ name: 'a', healthy: true }] },
    ]);
    expect(await statusAndBody(`${lonely.url}/health/ready`)).toEqual([
      503,
      { ready: false, pods: [] },
    ]);
    expect(await statusAndBody(`${lonely.url}/health/live`)).toEqual([200, { live: true }]);
    await lonely.close();
  });

  test('a request in flight when it closes gets its answer', async () => {
    let arrived = (): void => {};
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    const draining = await start({
      pods: () => {
        arrived();
        return new Promise((resolve) => (answer = () => resolve([])));
      },
    });
    const response = fetch(`${draining.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ vectorPods { name } }"}',
    });
    await asked;

    const closed = draining.close();
    answer();

    expect(await (await response).json()).toEqual({ data: { vectorPods: [] } });
    await closed;
  });

  test('a connection on which nothing was asked yet does not keep it from closing', async () => {
    const closing = await start({});
    const { hostname, port } = new URL(closing.url);
    const socket = connect(Number(port), hostname).resume();
    await once(socket, 'connect');
    const ended = once(socket, 'close');

    await closing.close();
    expect(await ended).toEqual([false]);
  });

  test('GraphiQL loads our own files alone, and only those can be asked for', async () => {
    const response = await fetch(`${gateway.url}/graphiql`);
    const page = await response.text();

    const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(loaded.filter((url) => !url.startsWith('/graphiql/'))).toEqual(['data:,']);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    for (const url of loaded.filter((path) => path.startsWith('/'))) {
      expect((await statusAndText(gateway.url + url))[0]).toBe(200);
    }
    const [, script] = await statusAndText(`${gateway.url}/graphiql/start.js`);
    expect(script).toContain(JSON.stringify(example.query));
    expect((await statusAndText(`${gateway.url}/graphiql/package.json`))[0]).toBe(404);
  });

  test('the front door leads to GraphiQL', async () => {
    const response = await fetch(gateway.url, { redirect: 'manual' });

    expect(response.headers.get('location')).toBe('/graphiql');
  });
});

/** Reads the whole body: else the connection stays open. */
async function statusAndText(url: string): Promise<[number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

async function statusAndBody(url: string): Promise<[number, unknown]> {
  const [status, text] = await statusAndText(url);
  return [status, JSON.parse(text)];
}

/** A record's similar records' similar records: `end` stands at level 11. */
function deepQuery(end: string): string {
  const steps = Array.from({ length: 3 }).reduce<string>(
    (inner) => `similar { matches { record { ${inner} } } }`,
    end,
  );
  return `{ vectorRecord(collection: "docs", key: "one") { ${steps} } }`;
}

function wideQuery(count: number): string {
  const fields = Array.from({ length: count }, (_, i) => `f${i}: vectorPods { name }`);
  return `{ ${fields.join(' ')} }`;
}
