import { openGatewayServer } from '../support/subjects.ts';
import {
  clients,
  filmVectors,
  openFilms,
  refused,
  three,
  type Vectors,
} from '../support/vector-buckets.ts';

let gateway: Awaited<ReturnType<typeof openGatewayServer>>;

beforeAll(async () => {
  gateway = await openGatewayServer();
});
afterAll(() => gateway.close());

describe.each(clients)('%s', (_name, connect) => {
  let vectors: Vectors;
  let opened: Awaited<ReturnType<typeof openFilms>>;

  beforeAll(async () => {
    vectors = connect(gateway.url);
    opened = await openFilms(vectors);
  });
  afterAll(() => opened.close());

  test.each<[string, () => Answer, RegExp]>([
    ['a bucket', () => vectors.getBucket('not-there'), /no bucket "not-there"/],
    ['a bucket to delete', () => vectors.deleteBucket('not-there'), /no bucket "not-there"/],
    ['a bucket to list', () => vectors.from('not-there').listIndexes(), /no bucket "not-there"/],
    [
      'a bucket for an index',
      () =>
        vectors
          .from('not-there')
          .createIndex({ ...three, indexName: 'films', distanceMetric: 'cosine' }),
      /no bucket "not-there"/,
    ],
    ['an index', () => opened.scope.getIndex('none'), /no collection "none"/],
    ['an index to delete', () => opened.scope.deleteIndex('none'), /no collection "none"/],
    [
      'an index to put into',
      () => opened.scope.index('none').putVectors(one),
      /no collection "none"/,
    ],
    [
      'an index to get from',
      () => opened.scope.index('none').getVectors({ keys: ['a'] }),
      /"none"/,
    ],
    ['an index to list', () => opened.scope.index('none').listVectors(), /"none"/],
    ['an index to query', () => opened.scope.index('none').queryVectors(nearest), /"none"/],
    [
      'an index to delete of',
      () => opened.scope.index('none').deleteVectors({ keys: ['a'] }),
      /"none"/,
    ],
  ])('%s that is not there is 404', async (_, call, message) => {
    const error = await refused(call());

    expect(error).toMatchObject({
      name: expect.stringMatching(/^StorageVectorsApiError$|^StorageApiError$/),
      status: 404,
      statusCode: '404',
    });
    expect(error.message).toMatch(message);
  });

  test('what is there already, or not empty, is 409', async () => {
    const again = opened.scope.createIndex({
      ...three,
      indexName: 'films',
      distanceMetric: 'euclidean',
    });

    expect(await refused(vectors.createBucket(opened.bucket))).toMatchObject({ status: 409 });
    expect(await refused(again)).toMatchObject({ status: 409, statusCode: '409' });
    const full = await refused(vectors.deleteBucket(opened.bucket));
    expect(full).toMatchObject({ status: 409, message: expect.stringMatching(/must be empty/) });
  });

  test.each<[string, () => Answer]>([
    ['vectorBucketName must be 3 to 63', () => vectors.createBucket('Upper')],
    ['vectorBucketName must be a name that is not reserved', () => vectors.createBucket('public')],
    [
      'distanceMetric must be "cosine" or "euclidean"; got "dotproduct"',
      () => opened.scope.createIndex({ ...three, indexName: 'abc', distanceMetric: 'dotproduct' }),
    ],
    [
      'dimension must be a whole number from 1 to 4096; got 0',
      () =>
        opened.scope.createIndex({
          ...three,
          dimension: 0,
          indexName: 'abc',
          distanceMetric: 'cosine',
        }),
    ],
    [
      'vectors[0].data.float32 has 2',
      () => opened.films.putVectors({ vectors: [{ key: 'a', data: { float32: [1, 2] } }] }),
    ],
    [
      'vectors[0].metadata.tags[1] must be a string, a number or a boolean; got null',
      () =>
        opened.films.putVectors({
          vectors: [{ ...one.vectors[0]!, metadata: { tags: ['a', null] } }],
        }),
    ],
    [
      'keys may have at most 100 items; got 101',
      () => opened.films.getVectors({ keys: keysTo(101) }),
    ],
    ['nextToken must be a cursor', () => opened.films.listVectors({ nextToken: 'x' })],
    [
      'topK must be a whole number from 1 to 100; got 101',
      () => opened.films.queryVectors({ ...nearest, topK: 101 }),
    ],
    [
      'filter.year.$like must be one of $eq, $ne',
      () => opened.films.queryVectors({ ...nearest, filter: { year: { $like: 'x' } } }),
    ],
  ])('%s: 400', async (message, call) => {
    const error = await refused(call());

    expect(error).toMatchObject({ status: 400, statusCode: '400' });
    expect(error.message).toContain(message);
  });
});

type Answer = Promise<{ data: unknown; error: Error | null }>;

const one = { vectors: [filmVectors[0]!] };
const nearest = { queryVector: { float32: [1, 0, 0] }, topK: 1 };
const keysTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `key-${i}`);
