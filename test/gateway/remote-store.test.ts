import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteStore } from '../../gateway/remote-store.ts';
import { outcomeOf } from '../../gateway/sharded/outcomes.ts';
import { codeOf, errors, isStalePlacement } from '../../schema/errors.ts';
import { vectorToBase64 } from '../../schema/vector.ts';
import { startCall } from '../../subgraphs/call.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { during, line, searchIn, silent } from '../support/store-calls.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let store: VectorStore;
let answer: Answer;
let requests: { readonly headers: IncomingMessage['headers']; readonly body: string }[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ headers: request.headers, body });
      answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  store = createRemoteStore({
    pod: 'pod-a',
    url: urlOf(server),
    connectionsMax: 2,
    logger: silent,
  });
});

afterEach(async () => {
  await store.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const urlOf = (listening: Server): string =>
  `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;

const json =
  (body: unknown, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const found = {
  keys: ['k'],
  distances: [0.5],
  metadata: [{ n: 1 }],
  vectors: [vectorToBase64(Float32Array.of(1, 2))],
  hasMore: true,
  placementVersion: 7,
  failures: [],
  profile: [
    {
      pod: 'pod-a',
      plan: 'HNSW',
      exactReason: null,
      tookMs: 1.5,
      rowCount: 1,
      truncated: false,
      attempts: 1,
      hedged: false,
    },
  ],
};

const search = (timeoutMs?: number) =>
  during((call) => store.search(searchIn('vecs', 'x'), call), timeoutMs);

const upsert = (timeoutMs?: number) =>
  during(
    (call) => store.upsert({ bucket: 'vecs', collection: 'x', version: 7, records: line(1) }, call),
    timeoutMs,
  );

const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('nothing failed');
    },
    (error: Error) => error,
  );

test('a search is one request with the vector as base64, and its answer is read back', async () => {
  answer = json({ data: { searchVectorShards: found } });

  const result = await search();

  expect(result).toMatchObject({
    matches: [{ key: 'k', distance: 0.5, metadata: { n: 1 }, vector: Float32Array.of(1, 2) }],
    hasMore: true,
    placementVersion: 7,
    shards: [{ pod: 'pod-a', plan: 'HNSW' }],
  });
  expect(requests).toHaveLength(1);
  const { variables } = JSON.parse(requests[0]!.body);
  expect(variables.search).toMatchObject({
    vector: vectorToBase64(Float32Array.of(0, 0)),
    limit: 5,
  });
  expect(requests[0]!.headers).toMatchObject({ 'x-quiver-pod': 'pod-a', 'x-request-id': 'test' });
  expect(requests[0]!.headers['x-quiver-operation']).toBe('search-1');
  expect(Number(requests[0]!.headers['x-timeout-ms'])).toBeGreaterThan(0);
});

test('the text of a query is the same whatever is asked', async () => {
  answer = json({ data: { searchVectorShards: found } });

  await search();
  const other = { limit: 3, exclude: 'k', select: { metadata: ['n'], vector: true } } as const;
  await during((call) => store.search(searchIn('b', 'y', other), call));

  const [first, second] = requests.map(({ body }) => JSON.parse(body));
  expect(second.query).toBe(first.query);
  expect(second.variables).not.toEqual(first.variables);
});

test('connections are kept', async () => {
  let connections = 0;
  server.on('connection', () => connections++);
  answer = json({ data: { searchVectorShards: found } });

  for (let i = 0; i < 5; i++) await search();

  // As many as it may have at most, not one a request.
  expect(connections).toBeLessThanOrEqual(2);
});

const refused = (code: string, status = 200): Answer =>
  json({ errors: [{ message: 'x', extensions: { code } }] }, status);

describe('an answer that cannot be used is an error of that pod', () => {
  test.each<[string, Answer]>([
    ['no JSON', json('<html>502 Bad Gateway</html>', 502)],
    ['nothing', json('')],
    ['JSON of something else', json({ ok: true })],
    ['data without the field', json({ data: {} })],
    ['null without a reason', json({ data: { searchVectorShards: null } })],
    ['a list in place of the data', json([1])],
    ['keys that are none', json({ data: { searchVectorShards: { ...found, keys: [null] } } })],
    [
      'more keys than distances',
      json({ data: { searchVectorShards: { ...found, keys: ['k', 'l'] } } }),
    ],
    [
      'an infinite distance',
      json(JSON.stringify({ data: { searchVectorShards: found } }).replace('0.5', '1e999')),
    ],
    [
      'half a vector',
      json(JSON.stringify({ data: { searchVectorShards: found } }).replace('AACAP', 'AACA')),
    ],
    ['an error without a message', json({ errors: [null] })],
    ['an error that says nothing', json({ errors: [{ message: 'at db.internal:5432' }] })],
    ['its own trouble', refused('INTERNAL_SERVER_ERROR')],
    ['another schema', refused('GRAPHQL_VALIDATION_FAILED')],
    ['a proxy that wants a password', refused('UNAUTHENTICATED', 401)],
    ['a server that knows no such path', refused('BAD_USER_INPUT', 404)],
    ['a reset', (request) => request.socket.resetAndDestroy()],
    ['a closed connection', (request) => request.socket.destroy()],
    [
      'half an answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"data":', () => request.socket.destroy());
      },
    ],
  ])('%s', async (_, misbehave) => {
    answer = misbehave;

    const read = await failureOf(search());
    expect(codeOf(read)).toBe('POD_UNAVAILABLE');
    expect(read.message).toMatch(/^Pod "pod-a" (gave no usable answer|broke the connection)\.$/);

    const write = await failureOf(upsert());
    expect(codeOf(write)).toBe('POD_UNAVAILABLE');
    expect(outcomeOf(write)).toBe('unknown');
  });
});

test('a read is asked once more when its connection breaks; a write never is', async () => {
  const once: Answer = (request) => {
    answer = json({ data: { searchVectorShards: found } });
    request.socket.destroy();
  };

  answer = once;
  expect((await search()).matches).toHaveLength(1);
  expect(requests).toHaveLength(2);

  answer = once;
  expect(outcomeOf(await failureOf(upsert()))).toBe('unknown');
  expect(requests).toHaveLength(3);
});

test('a pod that takes no connections was not written to', async () => {
  const closed = createRemoteStore({
    pod: 'pod-a',
    url: 'http://127.0.0.1:1',
    connectionsMax: 1,
    logger: silent,
  });
  const write = { bucket: 'vecs', collection: 'x', version: 1, records: line(1) };

  const error = await failureOf(during((call) => closed.upsert(write, call)));

  expect(codeOf(error)).toBe('POD_UNAVAILABLE');
  expect(outcomeOf(error)).toBe('notWritten');
  expect(error.message).not.toContain('127.0.0.1');
  await closed.close();
});

test('a pod that keeps silent costs the deadline, and the request is taken back', async () => {
  const gone = new Promise((resolve) => {
    answer = (request) => request.socket.once('close', resolve);
  });

  const error = await failureOf(upsert(50));

  expect(codeOf(error)).toBe('DEADLINE_EXCEEDED');
  expect(outcomeOf(error)).toBe('unknown');
  await gone;
});

test('nothing is sent when the deadline has passed', async () => {
  const call = startCall({ timeoutMs: 1, requestId: 'test' });
  call.abort();

  const error = await failureOf(
    store.count({ bucket: 'vecs', collection: 'x', filter: null }, call),
  );

  expect(codeOf(error)).toBe('DEADLINE_EXCEEDED');
  expect(requests).toHaveLength(0);
});

test("errors of the catalogue come through with all they say, without the pod's path", async () => {
  const stale = errors.stalePlacement('pod-a', 'x').toJSON();
  answer = json({ data: { upsertVectors: null }, errors: [{ ...stale, path: ['upsertVectors'] }] });

  const error = await failureOf(upsert());

  expect(isStalePlacement(error)).toBe(true);
  expect(outcomeOf(error)).toBe('notWritten');
  expect(error).toMatchObject({ message: stale.message, path: undefined });
});

test('one key that fails leaves the others their records', async () => {
  const error = errors.podUnavailable('pod-a1', 'is down').toJSON();
  answer = json({
    data: { vectorRecords: [{ key: 'a', metadata: {} }, null, null] },
    errors: [{ ...error, path: ['vectorRecords', 1, 'metadata'] }],
  });
  const select = { metadata: 'all', vector: false } as const;
  const keys = ['a', 'b', 'c'];

  const records = await during((call) =>
    store.fetch({ bucket: 'vecs', collection: 'x', keys, select }, call),
  );

  expect(records[0]).toMatchObject({ key: 'a' });
  expect(codeOf(records[1])).toBe('POD_UNAVAILABLE');
  expect(records[2]).toBeNull();
});

test('records that nobody asked for are refused', async () => {
  answer = json({ data: { vectorRecords: [{ key: 'b' }] } });
  const select = { metadata: 'none', vector: false } as const;

  const error = await failureOf(
    during((call) => store.fetch({ bucket: 'vecs', collection: 'x', keys: ['a'], select }, call)),
  );

  expect(codeOf(error)).toBe('POD_UNAVAILABLE');
});
