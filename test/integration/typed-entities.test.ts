import type { NewRecord } from '../../subgraphs/store.ts';
import { articlesSdl } from '../support/typed-sdl.ts';
import { openTyped, type TypedAnswer, type TypedSubject } from '../support/typed-subject.ts';

let subject: TypedSubject;
const recordCount = 2_500;

beforeAll(async () => {
  subject = await openTyped(articlesSdl);
  for (let i = 0; i < recordCount; i += 1_000) {
    await subject.upsert('docs', records.slice(i, i + 1_000));
  }
});
afterAll(() => subject.close());

const records: readonly NewRecord[] = Array.from({ length: recordCount }, (_, n) => ({
  key: String(n),
  vector: Float32Array.of(n, 0),
  metadata: { title: `Title ${n}`, year: n, other: `Other ${n}` },
}));

const doc = (id: unknown): object => ({ __typename: 'Doc', id });
const record = (key: unknown, more: object = {}): object => ({
  __typename: 'VectorRecord',
  bucket: subject.bucket,
  collection: 'docs',
  key,
  ...more,
});

const entities = (representations: readonly object[]): Promise<TypedAnswer> =>
  subject.execute(
    `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Doc { id title }
      ... on VectorRecord { key metadata(keys: ["other"]) }
    } }`,
    { representations },
  );

describe('references', () => {
  test('to thousands of records in two types are three statements a pod', async () => {
    const representations = records.map(({ key }, n) => (n % 2 === 0 ? doc(key) : record(key)));
    await entities(representations.slice(0, 1));
    subject.statements();

    const { data, errors } = await entities(representations);

    expect(subject.statements()).toEqual({ 'pod-a': 3, 'pod-b': 3, 'pod-c': 3 });
    expect(errors).toEqual([]);
    expect(data).toEqual({
      _entities: records.map(({ key, metadata: { title, other } }, n) =>
        n % 2 === 0 ? { id: key, title } : { key, metadata: { other } },
      ),
    });
  });

  test('to one record in two types are one statement, and each shows what it asks for', async () => {
    await entities([doc('7')]);
    subject.statements();

    const { data } = await subject.execute(
      `query ($one: [_Any!]!, $other: [_Any!]!) {
        a: _entities(representations: $one) { ... on Doc { title } }
        b: _entities(representations: $other) { ... on VectorRecord { metadata(keys: ["other", "none"]) } }
        c: _entities(representations: $one) { ... on Doc { metadata(keys: ["year"]) vector } }
      }`,
      { one: [doc('7')], other: [record('7')] },
    );

    expect(Object.values(subject.statements())).toEqual([1]);
    expect(data).toEqual({
      a: [{ title: 'Title 7' }],
      b: [{ metadata: { other: 'Other 7' } }],
      c: [{ metadata: { year: 7 }, vector: [7, 0] }],
    });
  });

  test('to what is not there are null, without an error', async () => {
    expect(await entities([doc('nobody'), doc('1'), record('nobody')])).toEqual({
      data: { _entities: [null, { id: '1', title: 'Title 1' }, null] },
      errors: [],
    });
  });

  test('may be whole numbers', async () => {
    const { data } = await entities([doc(3), record(4)]);
    expect(data).toEqual({
      _entities: [
        { id: '3', title: 'Title 3' },
        { key: '4', metadata: { other: 'Other 4' } },
      ],
    });
  });

  test('that are wrong fail at their own places', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [doc(undefined), 'id'],
      [doc(null), 'id'],
      [doc({ a: 1 }), 'id'],
      [doc(1.5), 'id'],
      [doc(''), 'id'],
      [doc('x'.repeat(1_025)), 'id'],
      [record(['1']), 'key'],
      [record('1', { collection: undefined }), 'collection'],
      [record('1', { bucket: 5 }), 'bucket'],
      [{ __typename: 'VectorCollection', name: 5 }, 'name'],
      [{ __typename: 'VectorBucket' }, 'name'],
    ];
    const { data, errors } = await entities([...wrong.map(([reference]) => reference), doc('1')]);

    expect(data).toEqual({
      _entities: [...wrong.map(() => null), { id: '1', title: 'Title 1' }],
    });
    expect(errors.map(({ path, extensions }) => [path?.[1], extensions?.['argument']])).toEqual(
      wrong.map(([, argument], i) => [i, argument]),
    );
    expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(
      wrong.map(([reference]) =>
        JSON.stringify(reference).includes('xxx') ? 'LIMIT_EXCEEDED' : 'BAD_USER_INPUT',
      ),
    );
  });

  test('to what is no entity fail alone, also after one that fails later', async () => {
    const { data, errors } = await entities([
      doc(undefined),
      { __typename: 'Nothing', id: '1' },
      { __typename: 'PageInfo' },
      { id: '1' },
      [doc('1')],
      doc('1'),
    ]);

    expect(data).toEqual({
      _entities: [null, null, null, null, null, { id: '1', title: 'Title 1' }],
    });
    expect(
      new Map(errors.map((error) => [error.path?.[1], error.extensions?.['argument']])),
    ).toEqual(
      new Map([
        [0, 'id'],
        [1, 'representations[1].__typename'],
        [2, 'representations[2].__typename'],
        [3, 'representations[3].__typename'],
        [4, 'representations[4]'],
      ]),
    );
  });

  test('to a collection that is not there fail alone', async () => {
    const missing = record('1', { collection: 'missing' });
    const { data, errors } = await entities([missing, doc('1'), missing]);

    expect(data).toEqual({ _entities: [null, { id: '1', title: 'Title 1' }, null] });
    expect(errors.map(({ path, extensions }) => [path, extensions?.['code']])).toEqual([
      [['_entities', 0], 'COLLECTION_NOT_FOUND'],
      [['_entities', 2], 'COLLECTION_NOT_FOUND'],
    ]);
  });
});
