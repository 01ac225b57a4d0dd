import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as immediately } from 'node:timers/promises';
import { defaultLimits } from '../../schema/limits.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { Running } from '../../subgraphs/http.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import {
  operationHeader,
  searchDocument,
  searchOperation,
  searchToWire,
} from '../../subgraphs/search-wire.ts';
import { searchIn } from '../support/store-calls.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';
import type { VectorStore } from '../../subgraphs/store.ts';

const ours = { 'content-type': 'application/json', [operationHeader]: searchOperation };
const body = JSON.stringify({
  query: searchDocument,
  variables: { search: searchToWire(searchIn('vecs', 'docs')) },
});

/** A search that goes on until the test says so. */
function createHeldSearch() {
  const held = new EventEmitter();
  const started = once(held, 'started').then(([call]) => call as Call);
  const released = once(held, 'released');
  const { store } = createStubService();
  const search: VectorStore['search'] = async (query, call) => {
    held.emit('started', call);
    await released;
    return store.search(query, call);
  };
  return { started, release: () => held.emit('released'), search };
}

const pods: Running[] = [];
afterEach(() => Promise.all(pods.splice(0).map((pod) => pod.close())));

async function podWith(overrides: Partial<VectorStore> = {}): Promise<string> {
  const service = {
    ...createStubService(overrides),
    limits: { ...defaultLimits, podBodyBytesMax: 10_000 },
  };
  const logger = createMemoryLogger();
  const pod = await startPod({ service, pod: 'a', host: '127.0.0.1', port: 0, logger });
  pods.push(pod);
  return `${pod.url}/graphql`;
}

async function post(url: string, headers: Record<string, string>, text = body) {
  const response = await fetch(url, { method: 'POST', headers, body: text });
  const { status, headers: answered } = response;
  const answer = (await response.json()) as { readonly data?: unknown; readonly errors?: unknown };
  return { status, answered, answer };
}

test('a search of a gateway has the same answer with and without the header that announces it', async () => {
  const url = await podWith();
  const announced = await post(url, { ...ours, 'x-quiver-pod': 'a', 'x-request-id': 'r-1' });
  const plain = await post(url, { 'content-type': 'application/json', 'x-request-id': 'r-1' });

  expect(announced.answer).toMatchObject({ data: { searchVectorShards: { keys: ['one'] } } });
  expect(announced.answer).toEqual(plain.answer);
  expect(announced.status).toBe(200);
  for (const name of ['content-type', 'x-request-id']) {
    expect([name, announced.answered.get(name)]).toEqual([name, plain.answered.get(name)]);
  }
});

test('an error is shown as the GraphQL server shows it', async () => {
  const url = await podWith({
    search: async () => {
      throw new Error('secret: hunter2');
    },
  });
  const announced = await post(url, { ...ours, 'x-request-id': 'r-1' });
  const plain = await post(url, { 'content-type': 'application/json', 'x-request-id': 'r-1' });

  const { errors, data } = announced.answer;
  expect(errors).toEqual([
    {
      message: 'Something went wrong on our side; request r-1.',
      path: ['searchVectorShards'],
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r-1' },
    },
  ]);
  expect(plain.answer).toMatchObject({ errors, data });
});

test.each([
  ['as in GraphQL', {}, defaultLimits.timeoutMsDefault],
  ['as the header says', { 'x-timeout-ms': '700' }, 700],
])('a search has its time %s', async (_, more, timeoutMs) => {
  const seen: number[] = [];
  const { store } = createStubService();
  const search: VectorStore['search'] = (query, call) => {
    seen.push(call.timeoutMs);
    return store.search(query, call);
  };
  const url = await podWith({ search });

  await post(url, { ...ours, ...more });
  expect(seen).toEqual([timeoutMs]);
});

test('what is meant for another pod is refused', async () => {
  const url = await podWith();

  expect(await post(url, { ...ours, 'x-quiver-pod': 'b' })).toMatchObject({
    status: 421,
    answer: { errors: [{ extensions: { reason: 'WRONG_POD' } }] },
  });
});

test('a header of another version leaves the search to the GraphQL server', async () => {
  const url = await podWith();
  const { answer } = await post(url, { ...ours, [operationHeader]: 'search-0' });

  expect(answer).toMatchObject({ data: { searchVectorShards: { keys: ['one'] } } });
});

test('at another path there is nothing', async () => {
  const url = await podWith();

  expect((await post(new URL('/', url).href, ours)).status).toBe(404);
});

test.each([
  ['another operation', JSON.stringify({ query: '{ vectorPods { name } }' })],
  ['no JSON', '{'],
  ['nothing', ''],
])('a body that is not what the header announces is refused: %s', async (_, text) => {
  const url = await podWith();

  expect(await post(url, ours, text)).toMatchObject({
    status: 400,
    answer: { errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'body' } }] },
  });
});

test('a body beyond the limit is refused as everywhere', async () => {
  const url = await podWith();

  expect(await post(url, ours, body.padEnd(10_001))).toMatchObject({
    status: 413,
    answer: { errors: [{ extensions: { code: 'LIMIT_EXCEEDED', actual: 10_001 } }] },
  });
});

test('the search ends with its time', async () => {
  const { started, release, search } = createHeldSearch();
  const url = await podWith({ search });
  const answering = post(url, { ...ours, 'x-timeout-ms': '1' });
  const call = await started;
  await new Promise<void>((resolve) => call.onAbort(resolve));
  release();

  expect(call.timeoutMs).toBe(1);
  expect((await answering).status).toBe(200);
});

test('the search ends when its gateway goes away', async () => {
  const { started, release, search } = createHeldSearch();
  const url = new URL(await podWith({ search }));
  const gateway = connect(Number(url.port), url.hostname);
  const headers = Object.entries({ ...ours, host: 'a', 'content-length': String(body.length) });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  gateway.write(`POST /graphql HTTP/1.1\r\n${lines}\r\n${body}`);
  const call = await started;
  gateway.destroy();

  await new Promise<void>((resolve) => call.onAbort(resolve));
  expect(call.aborted).toBe(true);
  release();
});

test('a pod that closes answers what it has begun, and then hangs up', async () => {
  const { started, release, search } = createHeldSearch();
  const url = await podWith({ search });
  const answering = post(url, ours);
  await started;
  const closing = pods[0]!.close();
  // Once nobody is let in any more, it is closing.
  while (await isOpen(url)) await immediately();
  release();

  const { status, answered, answer } = await answering;
  expect(status).toBe(200);
  expect(answer).toMatchObject({ data: { searchVectorShards: { keys: ['one'] } } });
  expect(answered.get('connection')).toBe('close');
  await closing;
});

async function isOpen(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
