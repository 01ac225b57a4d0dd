import { startCall } from '../../subgraphs/call.ts';
import { createEndpointEmbedder } from '../../subgraphs/embedders/endpoint-embedder.ts';
import type { EndpointEmbedder } from '../../subgraphs/embedders/endpoint-embedder.ts';
import { createHashEmbedder } from '../../subgraphs/embedders/hash-embedder.ts';
import { createVectorCache } from '../../subgraphs/embedders/vector-cache.ts';
import { failing, silence, startEmbeddingServer } from '../support/embedding-server.ts';
import type { EmbeddingServer } from '../support/embedding-server.ts';
import { during, silent } from '../support/store-calls.ts';

let server: EmbeddingServer;
let embedder: EndpointEmbedder;

beforeEach(async () => {
  server = await startEmbeddingServer();
  embedder = open('words');
});
afterEach(async () => {
  await embedder.close();
  await server.close();
});

const open = (name: string, more = {}, cache = createVectorCache()): EndpointEmbedder =>
  createEndpointEmbedder({
    endpoint: { ...server.endpoint, name, ...more },
    cache,
    logger: silent,
  });

const ask = (text: string): Promise<Float32Array> =>
  during((call) => embedder.embedQuery(text, call));

const expected = (text: string): Promise<Float32Array> =>
  during((call) => createHashEmbedder(8).embedQuery(text, call));

const inputs = (): readonly (readonly string[])[] => server.requests.map(({ input }) => input);

const newCall = () => startCall({ timeoutMs: 20_000, requestId: 'test' });

test('a text that was asked before is not asked again', async () => {
  expect(await ask('merge')).toEqual(await expected('merge'));
  expect(await ask('merge')).toEqual(await expected('merge'));
  expect(await ask('Merge')).toEqual(await expected('Merge'));

  expect(inputs()).toEqual([['merge'], ['Merge']]);
});

test('a text that is being asked is not asked again', async () => {
  const vectors = await Promise.all([ask('merge'), ask('merge'), ask('merge')]);

  expect(new Set(vectors).size).toBe(1);
  expect(inputs()).toEqual([['merge']]);
});

test('texts that come together leave in one request', async () => {
  const vectors = await Promise.all([ask('merge'), ask('shards'), ask('pods'), ask('merge')]);

  expect(vectors).toEqual(await Promise.all(['merge', 'shards', 'pods', 'merge'].map(expected)));
  expect(inputs()).toEqual([['merge', 'shards', 'pods']]);
});

test('a caller who goes away takes nothing from the others', async () => {
  const call = newCall();
  const first = embedder.embedQuery('merge', call).catch((error: unknown) => error);
  const second = ask('merge');
  const asked = server.next('request');
  call.abort();

  expect(await first).toMatchObject({ extensions: { code: 'DEADLINE_EXCEEDED' } });
  await asked;
  expect(await second).toEqual(await expected('merge'));
  expect(inputs()).toEqual([['merge']]);
});

test('a request for which nobody waits any more is given up, and can be made again', async () => {
  server.reply(silence);
  const calls = [newCall(), newCall()];
  const asked = server.next('request');
  const waiting = calls.map((call) => embedder.embedQuery('merge', call).catch(String));
  await asked;
  const left = server.next('left');
  calls[0]!.abort();
  await waiting[0];
  calls[1]!.abort();
  await left;
  await waiting[1];

  expect(await ask('merge')).toEqual(await expected('merge'));
  expect(inputs()).toEqual([['merge'], ['merge']]);
});

test('a request for which nobody waits when it could leave is not made', async () => {
  const single = open('single', { batchTextsMax: 1 });
  const call = newCall();
  const gone = single.embedQuery('merge', call).catch(String);
  call.abort();
  await gone;
  await during((later) => single.embedQuery('shards', later));

  expect(inputs()).toEqual([['shards']]);
  await single.close();
});

test('a failure is not remembered', async () => {
  server.reply(failing(401));
  await expect(ask('merge')).rejects.toMatchObject({ extensions: { embedder: 'words' } });

  expect(await ask('merge')).toEqual(await expected('merge'));
});

test('a text that the endpoint refuses fails alone', async () => {
  const long = 'long '.repeat(1_000);

  const [merge, refused, pods] = await Promise.allSettled([ask('merge'), ask(long), ask('pods')]);

  expect(merge).toEqual({ status: 'fulfilled', value: await expected('merge') });
  expect(pods).toEqual({ status: 'fulfilled', value: await expected('pods') });
  expect(refused).toMatchObject({ reason: { extensions: { code: 'BAD_USER_INPUT' } } });
});

test('the vectors of two embedders are remembered apart', async () => {
  const cache = createVectorCache();
  const other = open('others', {}, cache);
  const mine = open('mine', {}, cache);
  await during((call) => other.embedQuery('merge', call));
  await during((call) => mine.embedQuery('merge', call));
  await during((call) => mine.embedQuery('merge', call));

  expect(server.requests).toHaveLength(2);
  await Promise.all([other.close(), mine.close()]);
});

describe('the memory', () => {
  const vector = new Float32Array(8);

  test('forgets what was used least recently', () => {
    const small = createVectorCache({ entriesMax: 2 });
    small.set('a', vector);
    small.set('b', vector);
    small.get('a');
    small.set('c', vector);

    expect(['a', 'b', 'c'].filter((key) => small.get(key))).toEqual(['a', 'c']);
  });

  test('holds so many bytes of vectors and texts', () => {
    const small = createVectorCache({ bytesMax: 100 });
    small.set('a', vector);
    small.set('b', vector);
    small.set('c', vector);
    small.set('d'.repeat(40), vector);

    expect(['a', 'b', 'c', 'd'.repeat(40)].filter((key) => small.get(key))).toEqual(['b', 'c']);
  });
});
