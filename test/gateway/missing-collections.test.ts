import { errors } from '../../schema/errors.ts';
import type { CollectionSpec, VectorStore } from '../../subgraphs/store.ts';
import { startLiveGateway, until, type LiveGateway } from '../support/live-gateway.ts';

const doc = (collection: string, dimension = 2) =>
  `type Doc @collection(name: "${collection}", dimension: ${dimension}, metric: L2) { id: ID! title: String }`;

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
    store: { createCollection },
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

test('one of another dimension is an error that names file and line', async () => {
  const { lines } = await start(`# ours\n${doc('docs', 3)}`);

  expect(lines.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(
      /doc\.graphql:2 Doc must have the dimension of collection "docs" in bucket "vecs", 2; got 3$/,
    ),
  );
  expect(specs).toEqual([]);
});
