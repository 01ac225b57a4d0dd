import { defaultLimits } from '../../schema/limits.ts';
import { openGatewayServer } from '../support/subjects.ts';
import {
  aName,
  clients,
  done,
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

  test('a bucket is made, shown, listed and deleted', async () => {
    const other = aName();
    const before = Math.floor(Date.now() / 1_000) - 60;
    expect(await done(vectors.createBucket(other))).toEqual({});

    const { vectorBucket } = await done(vectors.getBucket(other));
    expect(vectorBucket).toEqual({ vectorBucketName: other, creationTime: expect.any(Number) });
    expect(Number.isInteger(vectorBucket.creationTime)).toBe(true);
    expect(vectorBucket.creationTime).toBeGreaterThan(before);
    const listed = await done(vectors.listBuckets({ prefix: other }));
    expect(listed).toEqual({ vectorBuckets: [vectorBucket] });

    expect(await done(vectors.deleteBucket(other))).toEqual({});
    expect(await done(vectors.listBuckets({ prefix: other }))).toEqual({ vectorBuckets: [] });
  });

  test('buckets are listed in pages, by their names', async () => {
    const prefix = aName();
    const names = ['-b', '-a', '-c'].map((end) => prefix + end);
    for (const each of names) await done(vectors.createBucket(each));

    const first = await done(vectors.listBuckets({ prefix, maxResults: 2 }));
    const second = await done(
      vectors.listBuckets({ prefix, maxResults: 2, nextToken: first.nextToken! }),
    );
    const found = [...first.vectorBuckets, ...second.vectorBuckets].map((b) => b.vectorBucketName);
    for (const each of names) await done(vectors.deleteBucket(each));

    expect(found).toEqual(names.toSorted());
    expect(second.nextToken).toBeUndefined();
  });

  test('an index is made, shown, listed and deleted', async () => {
    const indexName = 'made.for-this';
    const metadataConfiguration = { nonFilterableMetadataKeys: ['text'] };
    const options = {
      ...three,
      indexName,
      distanceMetric: 'cosine',
      metadataConfiguration,
    } as const;
    expect(await done(opened.scope.createIndex(options))).toEqual({});

    const { index } = await done(opened.scope.getIndex(indexName));
    const creationTime = index.creationTime;
    expect(index).toEqual({ ...options, vectorBucketName: opened.bucket, creationTime });
    expect(Number.isInteger(creationTime)).toBe(true);
    expect(await done(opened.scope.listIndexes({ prefix: 'made' }))).toEqual({
      indexes: [{ indexName, vectorBucketName: opened.bucket, creationTime }],
    });

    expect(await done(opened.scope.deleteIndex(indexName))).toEqual({});
    expect(await refused(opened.scope.getIndex(indexName))).toMatchObject({ status: 404 });
  });

  test('indexes are listed in pages', async () => {
    for (const indexName of ['page-b', 'page-a', 'page-c']) {
      await done(opened.scope.createIndex({ ...three, indexName, distanceMetric: 'cosine' }));
    }
    const first = await done(opened.scope.listIndexes({ prefix: 'page-', maxResults: 2 }));
    const second = await done(
      opened.scope.listIndexes({ prefix: 'page-', maxResults: 2, nextToken: first.nextToken! }),
    );

    expect(first.indexes.map((i) => i.indexName)).toEqual(['page-a', 'page-b']);
    expect(second.indexes.map((i) => i.indexName)).toEqual(['page-c']);
    expect(second.nextToken).toBeUndefined();
  });

  test('vectors are got in the order asked, with what is asked of them', async () => {
    const keys = ['solaris', 'none', 'metropolis', 'solaris'];

    expect(await done(opened.films.getVectors({ keys }))).toEqual({
      vectors: [{ key: 'solaris' }, { key: 'metropolis' }],
    });
    const whole = await done(
      opened.films.getVectors({ keys, returnData: true, returnMetadata: true }),
    );
    expect(whole).toEqual({ vectors: [filmVectors[1], filmVectors[0]] });
  });

  test('a vector that is put again takes the place of the first, and deleted ones are gone', async () => {
    const old = { key: 'put-twice', data: { float32: [9, 9, 9] }, metadata: { old: true } };
    const replaced = { key: 'put-twice', data: { float32: [9, 9, 0.1] } };
    expect(await done(opened.films.putVectors({ vectors: [old] }))).toEqual({});
    await done(opened.films.putVectors({ vectors: [replaced] }));

    const query = { keys: ['put-twice'], returnData: true, returnMetadata: true };
    expect(await done(opened.films.getVectors(query))).toEqual({
      vectors: [{ ...replaced, metadata: {} }],
    });
    expect(await done(opened.films.deleteVectors({ keys: ['put-twice', 'none'] }))).toEqual({});
    expect(await done(opened.films.getVectors(query))).toEqual({ vectors: [] });
  });

  test('vectors are listed in pages, in the order of their keys', async () => {
    const keys: string[] = [];
    let nextToken: string | undefined;
    do {
      const page: { vectors: { key: string }[]; nextToken?: string } = await done(
        opened.films.listVectors({ maxResults: 2, ...(nextToken && { nextToken }) }),
      );
      keys.push(...page.vectors.map(({ key }) => key));
      nextToken = page.nextToken;
    } while (nextToken);

    expect(keys).toEqual(filmVectors.map(({ key }) => key).toSorted());
    const [whole] = (
      await done(
        opened.films.listVectors({ maxResults: 1, returnData: true, returnMetadata: true }),
      )
    ).vectors;
    expect(whole).toEqual(filmVectors.find(({ key }) => key === keys[0]));
  });

  test('16 segments are disjoint and complete', async () => {
    const segments = await Promise.all(
      Array.from({ length: 16 }, (_, segmentIndex) =>
        done(opened.films.listVectors({ segmentCount: 16, segmentIndex })),
      ),
    );
    const keys = segments.flatMap(({ vectors: part }) => part.map(({ key }) => key));

    expect(keys.toSorted()).toEqual(filmVectors.map(({ key }) => key).toSorted());
  });

  test('the nearest are found, with squared distances', async () => {
    const queryVector = { float32: [3, 0, 0] };
    expect(await done(opened.films.queryVectors({ queryVector, topK: 2 }))).toEqual({
      vectors: [{ key: 'stalker' }, { key: 'metropolis' }],
      distanceMetric: 'euclidean',
    });
    const whole = { queryVector, topK: 2, returnDistance: true, returnMetadata: true };
    expect((await done(opened.films.queryVectors(whole))).vectors).toEqual([
      { key: 'stalker', distance: 1, metadata: filmVectors[2]!.metadata },
      { key: 'metropolis', distance: 4, metadata: filmVectors[0]!.metadata },
    ]);
    expect((await done(opened.films.queryVectors({ queryVector }))).vectors).toHaveLength(4);
  });

  test('an index is searched by its own metric', async () => {
    const index = opened.scope.index('by-angle');
    await done(
      opened.scope.createIndex({ ...three, indexName: 'by-angle', distanceMetric: 'cosine' }),
    );
    await done(index.putVectors({ vectors: filmVectors }));

    const answer = await done(
      index.queryVectors({ queryVector: { float32: [0, 0, 5] }, topK: 1, returnDistance: true }),
    );
    expect(answer).toEqual({
      vectors: [{ key: 'untitled', distance: 0 }],
      distanceMetric: 'cosine',
    });
  });
});

describe('a new index', () => {
  let opened: Awaited<ReturnType<typeof openFilms>>;

  beforeAll(async () => {
    opened = await openFilms(clients[0]![1](gateway.url));
  });
  afterAll(() => opened.close());

  test('has an HNSW index of its metric at once, or has it built', async () => {
    const query = `mutation ($bucket: String!) {
      createVectorIndex(input: {
        collection: "films", bucket: $bucket, method: HNSW, metric: L2, ifNotExists: false
      }) { index { method } }
    }`;
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { bucket: opened.bucket } }),
    });

    expect(JSON.parse(await response.text()).errors).toMatchObject([
      { message: expect.stringContaining('must have no HNSW index of L2') },
    ]);
  });

  test('of more dimensions than can be indexed is searched exactly', async () => {
    const dimension = defaultLimits.indexedDimensionMax.FLOAT32 + 1;
    const index = opened.scope.index('wide');
    const wide = { dataType: 'float32', dimension, distanceMetric: 'cosine' } as const;
    await done(opened.scope.createIndex({ ...wide, indexName: 'wide' }));
    const data = { float32: Array.from({ length: dimension }, (_, i) => i) };
    await done(index.putVectors({ vectors: [{ key: 'a', data }] }));

    const { vectors } = await done(index.queryVectors({ queryVector: data, topK: 1 }));
    expect(vectors).toEqual([{ key: 'a' }]);
  });
});
