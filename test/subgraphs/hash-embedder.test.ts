import { startCall } from '../../subgraphs/call.ts';
import { createHashEmbedder } from '../../subgraphs/embedders/hash-embedder.ts';

const call = startCall({ timeoutMs: 5_000, requestId: 'test' });
afterAll(() => call.end());

const embed = (...texts: string[]): Promise<Float32Array[]> =>
  createHashEmbedder().embed(texts, call);

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The passages, nearest to the question first. */
async function ranked(question: string, passages: readonly string[]): Promise<string[]> {
  const [asked, ...others] = await embed(question, ...passages);
  const nearness = others.map((vector) => dot(asked!, vector));
  return passages.toSorted(
    (a, b) => nearness[passages.indexOf(b)]! - nearness[passages.indexOf(a)]!,
  );
}

test.each([
  ['words', 'Die Straße 東京'],
  ['nothing', ''],
  ['marks', '?!'],
  ['a lone surrogate', '\uD800'],
  ['stop words', 'the of and'],
  ['one endless word', 'x'.repeat(100_000)],
])('the vector of %s has length 1', async (_, text) => {
  const [vector] = await embed(text);
  expect(vector).toHaveLength(256);
  expect(dot(vector!, vector!)).toBeCloseTo(1, 5);
});

test('the dimension is what was asked for', async () => {
  const embedder = createHashEmbedder(32);
  expect(embedder.dimension).toBe(32);
  expect((await embedder.embed(['merge'], call))[0]).toHaveLength(32);
});

test('each text has its vector, in order, whatever stands beside it', async () => {
  const [a, b, again] = await embed('shards', 'pods', 'shards');
  expect(again).toEqual(a);
  expect(b).not.toEqual(a);
});

test('texts without words have the same direction', async () => {
  const [empty, marks] = await embed('', '?! …');
  expect(marks).toEqual(empty);
});

test('case, composition and width of characters make no difference', async () => {
  const [plain, other] = await embed('Café ABC', 'cafe\u0301 ＡＢＣ');
  expect(other).toEqual(plain);
});

test('vectors are the same on every machine', async () => {
  const [vector] = await createHashEmbedder(8).embed(['how are shards merged?'], call);
  expect([...vector!].map((x) => x.toFixed(4))).toMatchInlineSnapshot(`
   [
     "-0.3934",
     "0.6995",
     "0.4928",
     "0.1967",
     "0.0000",
     "-0.0894",
     "0.1205",
     "0.2278",
   ]
  `);
});

const passages = [
  'Every write is fenced by the version of the placement, so that a stale gateway writes nothing.',
  'A search asks all shards for their nearest records. The gateway then merges the answers of the shards by distance, and by key where distances are equal.',
  'The hot cache keeps the answers of searches that were asked before. What a cache entry may be served for is decided by the counts of the pods.',
  'To start, run npm ci and npm start. Three embedded pods come up with a sample collection, and GraphiQL is open to explore.',
  'Filters on metadata are JSON objects with operators such as $eq, $in and $contains.',
  'All limits are in one table: the length of keys, the size of metadata, the number of records in a write.',
];

test.each([
  ['how are shards merged?', 1],
  ['what is the merge order for equal distances', 1],
  ['caching of hot queries', 2],
  ['how do I start it', 3],
  ['which filter operators are there?', 4],
  ['limit on the size of a key', 5],
  ['can a stale gateway write?', 0],
])('"%s" finds the passage that speaks of it', async (question, index) => {
  expect((await ranked(question, passages))[0]).toBe(passages[index]);
});
