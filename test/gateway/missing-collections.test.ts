import { createMissingCollections } from '../../gateway/missing-collections.ts';
import { errors } from '../../schema/errors.ts';
import { parseTypedCollections } from '../../schema/typed/parse.ts';
import type { CollectionSpec, VectorStore } from '../../subgraphs/store.ts';
import { startLiveGateway, until, type LiveGateway } from '../support/live-gateway.ts';
import { createStubService } from '../support/stub-service.ts';

const doc = (collection: string, dimension = 2) =>
  `type Doc @collection(name: "${collection}", dimension: ${dimension}, metric: L2) { id: ID! title: String }`;

const listBuckets: VectorStore['listBuckets'] = async () => [
  { name: 'vecs', collectionCount: 0, createdAt: null },
];

let gateway: LiveGateway | undefined;
let specs: CollectionSpec[];
let failures: Error[];

/** Remembers what is created; "docs" is there, of dimension 2. */
const createCollection: VectorStore['createCollection'] = async (spec) => {
  const failure = failures.shift();
  if (failure) throw failure;
  specs.push(spec);
  return { collection: {} as never, created: true };
};

beforeEach(() => {
  specs = [];
  failures = [];
});
afterEach(() => gateway?.close());

const start = async (text: string) =>
  (gateway = await startLiveGateway({
    subgraphs: [],
    files: { 'doc.graphql': text },
    store: { createCollection, listBuckets },
  }));

test('a declared collection that is missing is created at the start, one that is there is not', async () => {
  await start(`${doc('new', 3)} ${doc('docs').replace('Doc', 'Old')}`);

  expect(specs).toMatchObject([
    { bucket: 'vecs', collection: 'new', dimension: 3, metric: 'L2', ifNotExists: true },
  ]);
});

test('one that comes with a change is there when its fields are', async () => {
  const { write, askUntil } = await start(doc('docs'));
  await write('doc.graphql', doc('new'));

  await until(
    () => askUntil('{ __typename }'),
    () => specs.length > 0,
  );
  expect(specs).toMatchObject([{ collection: 'new' }]);
});

test('a creation that fails keeps nobody from starting, is said once and tried again', async () => {
  failures = [errors.podUnavailable('b', 'is down')];
  const { lines } = await start(doc('new'));
  expect(specs).toEqual([]);

  await until(
    async () => specs,
    (made) => made.length === 1,
  );

  expect(lines.filter(({ message }) => message === 'collection not created')).toMatchObject([
    { details: { type: 'Doc', bucket: 'vecs', collection: 'new', line: 1 } },
  ]);
});

test('one of another dimension or metric is an error that names file and line', async () => {
  const { lines } = await start(`# ours\n${doc('docs', 3).replace('L2', 'L1')}`);

  const place = (what: string): RegExp =>
    new RegExp(`doc\\.graphql:2 Doc must have the ${what} of collection "docs" in bucket "vecs", `);
  const messages = lines.map(({ message }) => message).filter((text) => text.includes('must have'));
  expect(messages).toEqual([
    expect.stringMatching(`${place('dimension').source}2; got 3\\. Change the type`),
    expect.stringMatching(`${place('metric').source}L2; got L1\\. Change the type`),
  ]);
  expect(specs).toEqual([]);
});

test('one whose metric is not declared may have any, and is made for COSINE', async () => {
  const { lines } = await start(
    `${doc('docs').replace(', metric: L2', '')} ${doc('new').replace('Doc', 'New').replace(', metric: L2', '')}`,
  );

  expect(lines.filter(({ message }) => message.includes('must have'))).toEqual([]);
  expect(specs).toMatchObject([{ collection: 'new', metric: 'COSINE' }]);
});

test('its bucket is created before it, unless it is there', async () => {
  const buckets: string[] = ['vecs'];
  gateway = await startLiveGateway({
    subgraphs: [],
    files: { 'doc.graphql': doc('new').replace('name:', 'bucket: "shop", name:') },
    store: {
      createCollection,
      listBuckets: async () =>
        buckets.map((name) => ({ name, collectionCount: 0, createdAt: null })),
      createBucket: async (name) => {
        buckets.push(name);
        return { name, collectionCount: 0, createdAt: null };
      },
    },
  });

  expect(buckets).toEqual(['vecs', 'shop']);
  expect(specs).toMatchObject([{ bucket: 'shop', collection: 'new' }]);
});

test('none is created after the close', async () => {
  const creator = createMissingCollections(createStubService({ createCollection, listBuckets }));
  await creator.close();

  await creator.create(parseTypedCollections([{ name: 'doc.graphql', text: doc('new') }]));

  expect(specs).toEqual([]);
});
