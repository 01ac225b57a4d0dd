import { parseConfig } from '../../gateway/config.ts';
import { startGateway } from '../../gateway/server.ts';
import { createEmbedders, type Embedders } from '../../subgraphs/embedders/embedders.ts';
import type { Running } from '../../subgraphs/http.ts';
import { freshBucket } from '../support/databases.ts';
import { failing, silence, startEmbeddingServer } from '../support/embedding-server.ts';
import type { EmbeddingServer } from '../support/embedding-server.ts';
import { during, silent, specIn } from '../support/store-calls.ts';
import { openSharded, type OpenStore } from '../support/subjects.ts';
import { defaultLimits } from '../../schema/limits.ts';

const texts = ['how shards are merged', 'when a pod is down', 'what a filter can say'];

/** Two endpoints, a collection for each, one that has only the default, and one that fits none. */
const configOf = (bucket: string) => `
pods: [{ name: a, url: "http://127.0.0.1:4101/graphql" }]
embedder: short
embedders:
  - { name: short, url: "${short.endpoint.url}/", model: words-1, dimension: 8, key: "\${KEY}" }
  - { name: long, url: "${long.endpoint.url}", model: words-1, dimension: 32, key: "\${KEY}", encoding: float }
collections:
  - { name: long_texts, bucket: ${bucket}, embedder: long }
  - { name: hashed, bucket: ${bucket}, embedder: hash }
  - { name: misfit, bucket: ${bucket}, embedder: long }
`;

let short: EmbeddingServer;
let long: EmbeddingServer;
let pods: OpenStore;
let embedders: Embedders;
let gateway: Running;
const bucket = freshBucket();

beforeAll(async () => {
  [short, long] = await Promise.all([
    startEmbeddingServer({ dimension: 8 }),
    startEmbeddingServer({ dimension: 32 }),
  ]);
  const config = parseConfig(configOf(bucket), { KEY: short.endpoint.key ?? '' });
  embedders = createEmbedders({ ...config, fallback: config.embedder, logger: silent });
  pods = await openSharded();
  const { store } = pods;
  await during((call) => store.createBucket(bucket, call));
  await Promise.all([create('short_texts'), create('long_texts'), create('hashed')]);
  await during((call) =>
    store.createCollection(specIn(bucket, 'misfit', { dimension: 3 }), null, call),
  );
  const service = { store, limits: defaultLimits, embedders, minCoverage: 1, logger: silent };
  const example = { query: '{ vectorPods { name } }', variables: {} };
  const place = { host: '127.0.0.1', port: 0 };
  gateway = await startGateway({ service, subgraphs: [], example, logger: silent, ...place });
});
afterAll(async () => {
  await gateway.close();
  await embedders.close();
  await pods.close();
  await Promise.all([short.close(), long.close()]);
});

/** A collection of the texts, as its own embedder sees them. */
async function create(collection: string): Promise<void> {
  const { store } = pods;
  const embedder = embedders.of({ bucket, collection })!;
  const spec = specIn(bucket, collection, { dimension: embedder.dimension, metric: 'COSINE' });
  const vectors = await during((call) => embedder.embed(texts, call));
  const records = vectors.map((vector, i) => ({ key: texts[i]!, vector, metadata: {} }));
  await during((call) => store.createCollection(spec, null, call));
  await during((call) => store.upsert({ ...spec, records, version: null }, call));
}

const search = (alias: string, collection: string, text: string, more = ''): string =>
  `${alias}: searchVectors(bucket: "${bucket}", collection: "${collection}", k: 1,
     near: { text: ${JSON.stringify(text)} } ${more}) { matches { record { key } } }`;

async function ask(...searches: readonly string[]): Promise<unknown> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ ${searches.join('\n')} }` }),
  });
  return response.json();
}

const found = (key: string) => ({ matches: [{ record: { key } }] });

/** What the servers are asked while `run` runs. */
async function askedDuring(run: () => Promise<unknown>) {
  const from = [short.requests.length, long.requests.length];
  await run();
  const inputsOf = ({ requests }: EmbeddingServer, i: number) =>
    requests.slice(from[i]).map(({ input }) => input.toSorted());
  return { short: inputsOf(short, 0), long: inputsOf(long, 1) };
}

test('a text is searched by with the embedder of its collection, or the default', async () => {
  const asked = await askedDuring(async () => {
    expect(
      await ask(
        search('a', 'short_texts', 'merged shards?'),
        search('b', 'long_texts', 'is a pod down?'),
        search('c', 'hashed', 'a filter'),
      ),
    ).toEqual({ data: { a: found(texts[0]!), b: found(texts[1]!), c: found(texts[2]!) } });
  });

  expect(asked).toEqual({ short: [['merged shards?']], long: [['is a pod down?']] });
});

test('the texts of one request leave together, and those that were asked before not at all', async () => {
  const searches = ['one', 'two', 'three', 'two'].map((text, i) =>
    search(`s${i}`, 'short_texts', text),
  );

  const first = await askedDuring(() => ask(...searches));
  const second = await askedDuring(() => ask(...searches, search('new', 'short_texts', 'four')));

  expect(first).toEqual({ short: [['one', 'three', 'two']], long: [] });
  expect(second).toEqual({ short: [['four']], long: [] });
});

test('an embedder of another dimension than the collection is refused before it is asked', async () => {
  const asked = await askedDuring(async () => {
    expect(await ask(search('a', 'misfit', 'pods'))).toMatchObject({
      data: { a: null },
      errors: [
        {
          message:
            'Collection "misfit" holds 3-dimensional vectors; those of its embedder "long" have 32.',
          path: ['a'],
          extensions: {
            code: 'DIMENSION_MISMATCH',
            argument: 'near.text',
            embedder: 'long',
            expected: 3,
            actual: 32,
          },
        },
      ],
    });
  });

  expect(asked).toEqual({ short: [], long: [] });
});

test.each([
  ['an empty text', ' \n', { code: 'BAD_USER_INPUT' }],
  ['a text beyond the limit', 'x'.repeat(100_001), { code: 'LIMIT_EXCEEDED', limit: 100_000 }],
])('%s is refused before anybody is asked', async (_, text, extensions) => {
  const asked = await askedDuring(async () => {
    expect(await ask(search('a', 'short_texts', text))).toMatchObject({
      errors: [{ extensions: { ...extensions, argument: 'near.text' } }],
    });
  });

  expect(asked).toEqual({ short: [], long: [] });
});

test('a failing embedder fails its own searches alone, and shows neither key nor host', async () => {
  long.reply(failing(403, `no such key: ${long.endpoint.key}`));

  const answer = await ask(
    search('a', 'short_texts', texts[0]!),
    search('b', 'long_texts', 'down'),
  );

  expect(answer).toMatchObject({
    data: { a: found(texts[0]!), b: null },
    errors: [{ path: ['b'], extensions: { code: 'POD_UNAVAILABLE', embedder: 'long' } }],
  });
  const shown = JSON.stringify(answer);
  expect(shown).not.toContain(long.endpoint.key);
  expect(shown).not.toContain(new URL(long.endpoint.url).host);
});

test('an embedder that does not answer is waited for until the deadline of the search', async () => {
  short.reply(silence);
  const left = short.next('left');

  expect(
    await ask(search('a', 'short_texts', 'slow', 'options: { timeoutMs: 400 }')),
  ).toMatchObject({
    errors: [
      {
        message: 'No answer of embedder "short" within 400 ms.',
        extensions: { code: 'DEADLINE_EXCEEDED', embedder: 'short', timeoutMs: 400 },
      },
    ],
  });
  await left;
});
