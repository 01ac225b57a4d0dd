import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { request } from 'undici';
import type { CorsOptions } from '../../gateway/cors.ts';
import { startGateway } from '../../gateway/server.ts';
import { defaultLimits } from '../../schema/limits.ts';
import type { Running } from '../../subgraphs/http.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

const service = createStubService();
const logger = createMemoryLogger();
const app = 'https://app.example.com';

function start(cors: CorsOptions | null): Promise<Running> {
  const example = { query: '{ vectorPods { name } }', variables: {} };
  const place = { host: '127.0.0.1', port: 0, logger };
  return startGateway({ service, subgraphs: [], example, cors, ...place });
}

const sent = 'content-type,apollo-require-preflight,x-timeout-ms,x-request-id';

const preflight = (url: string, origin: string) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': sent,
    },
  });

describe('pages of other sites that are named', () => {
  let gateway: Running;
  beforeAll(async () => {
    gateway = await start({ origins: [app], credentials: true, maxAgeSeconds: 60 });
  });
  afterAll(() => gateway.close());

  test.each(['/graphql', '/subgraph', '/vector/ListIndexes', '/storage/v1/vector/ListIndexes'])(
    'are let in: %s',
    async (path) => {
      const { status, headers } = await preflight(gateway.url + path, app);

      expect(status).toBe(204);
      expect(Object.fromEntries(headers)).toMatchObject({
        'access-control-allow-origin': app,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': sent,
        'access-control-max-age': '60',
      });
    },
  );

  test('read the answer and the id of the request, also of a mistake', async () => {
    const body = '{"query": ';
    const headers = { origin: app, 'content-type': 'application/json' };

    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body });
    await response.text();

    expect(response.status).toBe(400);
    expect(response.headers.get('access-control-allow-origin')).toBe(app);
    expect(response.headers.get('access-control-expose-headers')).toBe('x-request-id');
    expect(response.headers.get('vary')).toMatch(/origin/i);
  });

  test('are let in alone', async () => {
    const { headers } = await preflight(`${gateway.url}/graphql`, 'https://evil.example.com');

    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('all pages may be let in, without cookies', async () => {
  const gateway = await start({ origins: ['*'], credentials: false, maxAgeSeconds: 60 });

  const { headers } = await preflight(`${gateway.url}/graphql`, 'https://anybody.example.com');
  await gateway.close();

  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('access-control-allow-credentials')).toBeNull();
});

describe('a gateway without settings for browsers', () => {
  let gateway: Running;
  beforeAll(async () => {
    gateway = await start(null);
  });
  afterAll(() => gateway.close());

  test('lets in no page of another site', async () => {
    const { headers } = await preflight(`${gateway.url}/graphql`, app);

    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  /** `fetch` would unpack the answer and not say so. */
  async function ask(query: string, headers: Record<string, string>, body?: Buffer) {
    const response = await request(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body ?? JSON.stringify({ query }),
    });
    const bytes = Buffer.from(await response.body.arrayBuffer());
    return { status: response.statusCode, encoding: response.headers['content-encoding'], bytes };
  }

  const long = '{ __schema { types { name fields { name } } } }';
  const short = '{ vectorPods { name } }';

  test.each([
    ['gzip', 'gzip, deflate', gunzipSync],
    ['br', 'gzip, deflate, br', brotliDecompressSync],
  ])('packs a long answer by %s for who accepts it', async (name, accepted, unpack) => {
    const plain = await ask(long, {});
    const { encoding, bytes } = await ask(long, { 'accept-encoding': accepted });

    expect(plain.encoding).toBeUndefined();
    expect(encoding).toBe(name);
    expect(unpack(bytes).equals(plain.bytes)).toBe(true);
    expect(bytes.length).toBeLessThan(plain.bytes.length / 2);
  });

  test('leaves a short answer as it is', async () => {
    const { encoding, bytes } = await ask(short, { 'accept-encoding': 'gzip' });

    expect(encoding).toBeUndefined();
    expect(JSON.parse(bytes.toString())).toEqual({ data: { vectorPods: [{ name: 'a' }] } });
  });

  test('packs the files of GraphiQL, which stay what they are', async () => {
    const url = `${gateway.url}/graphiql/graphiql.js`;
    const plain = await request(url);
    const packed = await request(url, { headers: { 'accept-encoding': 'br' } });

    expect(packed.headers['content-encoding']).toBe('br');
    expect(packed.headers['content-type']).toBe(plain.headers['content-type']);
    const bytes = Buffer.from(await packed.body.arrayBuffer());
    const file = Buffer.from(await plain.body.arrayBuffer());
    expect(brotliDecompressSync(bytes).equals(file)).toBe(true);
  });

  test('takes a packed request', async () => {
    const body = gzipSync(JSON.stringify({ query: short }));

    const { status, bytes } = await ask('', { 'content-encoding': 'gzip' }, body);

    expect(status).toBe(200);
    expect(JSON.parse(bytes.toString())).toEqual({ data: { vectorPods: [{ name: 'a' }] } });
  });

  test('refuses a request that unpacks to more than a request may have', async () => {
    const bomb = gzipSync(Buffer.alloc(4 * defaultLimits.bodyBytesMax, ' '));

    const { status, bytes } = await ask('', { 'content-encoding': 'gzip' }, bomb);

    expect(bomb.length).toBeLessThan(defaultLimits.bodyBytesMax / 100);
    expect(status).toBe(413);
    expect(JSON.parse(bytes.toString())).toMatchObject({
      errors: [
        {
          message: 'body may have at most 20971520 bytes; got 20971521.',
          extensions: { code: 'LIMIT_EXCEEDED', argument: 'body' },
        },
      ],
    });
  });

  test.each([
    ['zip', 415],
    ['gzip', 400],
  ])('says that a request is not packed by %s', async (encoding, expected) => {
    const { status, bytes } = await ask('', { 'content-encoding': encoding }, Buffer.from('{}'));

    expect(status).toBe(expected);
    expect(JSON.parse(bytes.toString())).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'body' } }],
    });
  });
});
