import type { Call } from '../../subgraphs/call.ts';
import { createEndpointEmbedder } from '../../subgraphs/embedders/endpoint-embedder.ts';
import type { EndpointEmbedder } from '../../subgraphs/embedders/endpoint-embedder.ts';
import type { EndpointOptions } from '../../subgraphs/embedders/endpoint-options.ts';
import { createHashEmbedder } from '../../subgraphs/embedders/hash-embedder.ts';
import { createVectorCache } from '../../subgraphs/embedders/vector-cache.ts';
import * as server from '../support/embedding-server.ts';
import type { EmbeddingServer, Reply } from '../support/embedding-server.ts';
import { createMemoryLogger } from '../support/stub-service.ts';
import { during } from '../support/store-calls.ts';

let endpoint: EmbeddingServer;
let logger: ReturnType<typeof createMemoryLogger>;
const opened: EndpointEmbedder[] = [];

beforeEach(async () => {
  endpoint = await server.startEmbeddingServer();
  logger = createMemoryLogger();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((embedder) => embedder.close()));
  await endpoint.close();
});

function open(more: Partial<EndpointOptions> = {}): EndpointEmbedder {
  const options = { ...endpoint.endpoint, ...more };
  const embedder = createEndpointEmbedder({
    endpoint: options,
    cache: createVectorCache(),
    logger,
  });
  opened.push(embedder);
  return embedder;
}

const embed = (texts: readonly string[], more: Partial<EndpointOptions> = {}, timeoutMs = 20_000) =>
  during((call) => open(more).embed(texts, call), timeoutMs);

const expected = (texts: readonly string[]): Promise<Float32Array[]> =>
  during((call: Call) => createHashEmbedder(8).embed(texts, call));

async function refusal(texts: readonly string[], more: Partial<EndpointOptions> = {}, ms?: number) {
  const error: unknown = await embed(texts, more, ms).catch((reason: unknown) => reason);
  return JSON.parse(JSON.stringify(error)) as {
    message: string;
    extensions: Record<string, unknown>;
  };
}

const inputs = (): readonly (readonly string[])[] => endpoint.requests.map(({ input }) => input);

describe('what an endpoint is asked', () => {
  test('texts become vectors, as base64 or as lists', async () => {
    const texts = ['merge', 'shards', 'pods'];

    expect(await embed(texts)).toEqual(await expected(texts));
    expect(await embed(texts, { encoding: 'float' })).toEqual(await expected(texts));

    const asked = { model: 'words-1', input: texts };
    expect(endpoint.requests).toEqual([
      { ...asked, encoding_format: 'base64' },
      { ...asked, encoding_format: 'float' },
    ]);
  });

  test('a server that knows only lists is understood', async () => {
    const lists = server.answering(({ data }) => ({
      data: data.map(({ index }) => ({ index, embedding: [1, 0, 0, 0, 0, 0, 0, index] })),
    }));
    endpoint.reply(lists);

    expect(await embed(['a', 'b'])).toEqual([
      Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0),
      Float32Array.of(1, 0, 0, 0, 0, 0, 0, 1),
    ]);
  });

  test('the dimension is sent where the configuration wants it', async () => {
    const [vector] = await embed(['merge'], { dimension: 4, sendDimension: true });

    expect(vector).toHaveLength(4);
    expect(endpoint.requests).toMatchObject([{ dimensions: 4 }]);
  });

  test('many texts go in batches of so many, and of so many characters', async () => {
    const texts = ['a', 'b', 'c', 'a long one', 'dd', 'ee'];

    const vectors = await embed(texts, { batchTextsMax: 2, batchCharactersMax: 5 });

    expect(vectors).toEqual(await expected(texts));
    expect(inputs()).toHaveLength(4);
    expect(inputs()).toEqual(
      expect.arrayContaining([['a', 'b'], ['c'], ['a long one'], ['dd', 'ee']]),
    );
  });

  test('no text is no request', async () => {
    expect(await embed([])).toEqual([]);
    expect(endpoint.requests).toEqual([]);
  });

  test('only so many requests are in flight', async () => {
    endpoint.reply(server.silence, server.silence);
    const embedder = open({ batchTextsMax: 1, concurrencyMax: 2, waitingMax: 1 });
    await during(async (call) => {
      const two = embedder.embed(['a', 'b'], call).catch(String);
      await endpoint.next('request');
      if (endpoint.requests.length < 2) await endpoint.next('request');
      const third = embedder.embed(['c'], call).catch(String);
      const fourth = await embedder.embed(['d'], call).catch((error: unknown) => error);

      expect(fourth).toMatchObject({
        message: 'Embedder "words" has 1 requests waiting; try again later.',
        extensions: { code: 'OVERLOADED', embedder: 'words' },
      });
      expect(inputs().flat().toSorted()).toEqual(['a', 'b']);
      call.abort();
      await Promise.all([two, third]);
    });
  });
});

describe('what passes by itself is tried again', () => {
  test.each<[what: string, replies: readonly Reply[]]>([
    ['500', [server.failing(500)]],
    ['503 twice', [server.failing(503), server.failing(503, 'no', { 'retry-after': '0' })]],
    ['429', [server.failing(429, 'slow down')]],
    ['a connection that ends in the middle', [server.cutOff]],
    ['a connection that is closed unanswered', [(response) => response.destroy()]],
  ])('%s', async (_, replies) => {
    endpoint.reply(...replies);

    expect(await embed(['merge'])).toEqual(await expected(['merge']));
    expect(endpoint.requests).toHaveLength(replies.length + 1);
  });

  test('an answer that does not come is waited for no longer than one attempt may take', async () => {
    endpoint.reply(server.silence);

    expect(await embed(['merge'], { timeoutMs: 300 })).toEqual(await expected(['merge']));
  });

  test('Retry-After is waited for', async () => {
    const freeAt = Date.now() + 1_000;
    const busy: Reply = (response, answer) => {
      const reply =
        Date.now() < freeAt ? server.failing(429, 'no', { 'retry-after': '1' }) : server.right;
      reply(response, answer);
    };
    endpoint.reply(busy, busy, busy);

    expect(await embed(['merge'])).toEqual(await expected(['merge']));
    expect(endpoint.requests).toHaveLength(2);
  });

  test.each([
    ['a number of seconds', () => '86400'],
    ['a moment', () => new Date(Date.now() + 86_400_000).toUTCString()],
  ])('Retry-After, %s, is not waited for when it would outlast the call', async (_, header) => {
    endpoint.reply(server.failing(429, 'no', { 'retry-after': header() }));

    expect(await refusal(['merge'])).toMatchObject({
      message: 'Embedder "words" answered 429; try again later.',
      extensions: { code: 'OVERLOADED', embedder: 'words' },
    });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('but not for ever', async () => {
    endpoint.reply(...Array.from({ length: 9 }, () => server.failing(500)));

    expect(await refusal(['merge'])).toMatchObject({
      message: 'Embedder "words" answered 500.',
      extensions: { code: 'POD_UNAVAILABLE', embedder: 'words' },
    });
    expect(endpoint.requests).toHaveLength(5);
  });
});

describe('what does not pass is said at once', () => {
  test.each<[what: string, reply: Reply, message: string]>([
    ['broken JSON', server.answering(() => '{"data": ['), 'it must be JSON with a list data'],
    ['no data', server.answering(() => ({ object: 'list' })), 'it must be JSON with a list data'],
    [
      'too few vectors',
      server.answering(({ data }) => ({ data: data.slice(1) })),
      'data must have 2 vectors; got 1',
    ],
    [
      'one index twice',
      server.answering(({ data }) => ({ data: [data[0], data[0]] })),
      'data[1].index must be that of another text; got 0',
    ],
    [
      'an index of no text',
      server.answering(({ data }) => ({ data: [data[0], { ...data[1], index: 7 }] })),
      'data[1].index must be that of another text; got 7',
    ],
    [
      'another dimension',
      server.answering(({ data }) => ({ data: [data[0], { index: 1, embedding: [1, 2, 3] }] })),
      'data[1].embedding must have 8 dimensions, as its configuration says; got 3',
    ],
    [
      'numbers that are not finite',
      server.answering(({ data }) => ({
        data: [data[0], { index: 1, embedding: [1, 2, 1e39, 4, 5, 6, 7, 8] }],
      })),
      'data[1].embedding[2] must be a finite number within the range of float32; got 1e+39',
    ],
    [
      'words for numbers',
      server.answering(({ data }) => ({ data: [data[0], { index: 1, embedding: 'nothing' }] })),
      'data[1].embedding must be a list of finite numbers, or base64',
    ],
  ])('%s', async (_, reply, message) => {
    endpoint.reply(reply);

    const { message: said, extensions } = await refusal(['merge', 'shards']);

    expect(said).toContain(`Embedder "words" gave no usable answer: ${message}`);
    expect(extensions).toEqual({ code: 'POD_UNAVAILABLE', embedder: 'words' });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('an answer in another order is put in order', async () => {
    endpoint.reply(server.answering((answer) => ({ ...answer, data: answer.data.toReversed() })));

    expect(await embed(['merge', 'shards'])).toEqual(await expected(['merge', 'shards']));
  });

  test('a text that is too long for the model', async () => {
    expect(await refusal(['long '.repeat(1_000)])).toMatchObject({
      message: expect.stringContaining('Embedder "words" must be able to read the text'),
      extensions: { code: 'BAD_USER_INPUT', embedder: 'words' },
    });
  });

  test.each([
    ['a wrong key', { key: 'sk-wrong-0987654321' }, 401],
    ['no key', { key: null }, 401],
    ['an unknown model', { model: 'none' }, 404],
  ])(
    '%s is our configuration’s fault: whole in the log, without the key',
    async (_, more, status) => {
      const { message, extensions } = await refusal(['merge'], more);

      expect(message).toBe(
        `Embedder "words" answered ${status}: its URL, model or key must be put right in the configuration.`,
      );
      expect(extensions).toEqual({ code: 'POD_UNAVAILABLE', embedder: 'words' });
      expect(logger.lines).toMatchObject([
        { message: 'embedder failed', details: { embedder: 'words', requestId: 'test', status } },
      ]);
      expect(JSON.stringify(logger.lines)).not.toContain('0987654321');
    },
  );

  test('an answer that repeats the key: the log has it without', async () => {
    endpoint.reply(server.answering(() => `${'x'.repeat(1_990)} ${endpoint.endpoint.key}`));

    await refusal(['merge']);

    expect(JSON.stringify(logger.lines)).toContain('xx [key]');
    expect(JSON.stringify(logger.lines)).not.toContain('sk-');
  });

  test('nobody at the URL, which is not shown', async () => {
    const { port } = new URL(endpoint.endpoint.url);
    await endpoint.close();

    const { message } = await refusal(['merge']);

    expect(message).toBe('Embedder "words" cannot be reached, or broke off.');
    expect(JSON.stringify(logger.lines)).toContain(port);
    endpoint = await server.startEmbeddingServer();
  });

  test('the end of the call, of whatever the endpoint does', async () => {
    endpoint.reply(server.silence);
    const left = endpoint.next('left');

    expect(await refusal(['merge'], {}, 200)).toMatchObject({
      message: 'No answer of embedder "words" within 200 ms.',
      extensions: { code: 'DEADLINE_EXCEEDED', embedder: 'words' },
    });
    await left;
    expect(logger.lines).toEqual([]);
  });

  test('the end of the call, and the log says what was tried till then', async () => {
    endpoint.reply(server.failing(503), server.silence);

    expect(await refusal(['merge'], {}, 1_500)).toMatchObject({
      extensions: { code: 'DEADLINE_EXCEEDED' },
    });
    expect(logger.lines).toMatchObject([{ message: 'embedder failed', details: { status: 503 } }]);
  });
});
