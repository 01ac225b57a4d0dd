import { metrics } from '../../schema/metric.ts';
import { keysOf, row, scattered, speakTo, type Subject, type Variables } from './subject.ts';

const dimension = 8;

export function indexes(subject: () => Subject): void {
  const { ask, refusalOf, newCollection, upsert, search, count } = speakTo(subject);

  const create = async (collection: string, spec: Variables = {}): Promise<Index> => {
    const input = { collection, bucket: subject().bucket, ...spec };
    return (await ask<Created>(createIndex, { input })).createVectorIndex.index;
  };

  const refusedCreation = (collection: string, spec: Variables) =>
    refusalOf(createIndex, { input: { collection, bucket: subject().bucket, ...spec } });

  const drop = async (collection: string, which: Variables): Promise<boolean> =>
    (await ask<Dropped>(dropIndex, { collection, ...which })).dropVectorIndex.dropped;

  const listed = async (name: string): Promise<readonly Index[]> =>
    (await ask<Listed>(listIndexes, { name })).vectorCollection.indexes;

  const plans = async (collection: string, args: Variables): Promise<readonly string[]> => [
    ...new Set((await search(collection, args)).profile.map((shard) => shard.plan)),
  ];

  describe('an HNSW index', () => {
    const records = scattered(240, dimension);
    const near = { vector: records[7]!.vector };

    test.each(metrics)('of %s answers as an exact scan does', async (metric) => {
      const collection = await newCollection(records, { dimension, metric });
      const index = await create(collection, { metric });
      expect(index).toMatchObject({ method: 'HNSW', metric, state: 'READY' });

      const options = (mode: string) => ({ options: { mode, efSearch: 500 } });
      const exact = await search(collection, { near, k: 50, ...options('EXACT') });
      const indexed = await search(collection, { near, k: 50, ...options('INDEX') });
      expect(keysOf(indexed)).toEqual(keysOf(exact));
      expect(indexed.hasMore).toBe(true);
      expect(new Set(exact.profile.map((shard) => shard.plan))).toEqual(new Set(['EXACT']));
      expect(new Set(indexed.profile.map((shard) => shard.plan))).toEqual(new Set(['HNSW']));
    });

    test('says everything of itself and of its shards', async () => {
      const { shards } = subject();
      const collection = await newCollection(records, { dimension });
      const options = { m: 8, efConstruction: 40, maintenanceWorkMem: '32MB' };
      const index = await create(collection, options);

      expect(index).toMatchObject({ method: 'HNSW', metric: 'L2', state: 'READY' });
      expect(index.options).toMatchObject({ m: 8, efConstruction: 40 });
      expect(index.shards.map((shard) => shard.pod).toSorted()).toEqual(shards);
      for (const shard of index.shards) {
        expect(shard).toMatchObject({ name: expect.stringMatching(/\S/), state: 'READY' });
        expect(shard.percent).toBeNull();
        expect(shard.bytes).toBeGreaterThan(0);
      }
      expect(await listed(collection)).toEqual([index]);
    });

    test('is HNSW of the metric of the collection when nothing else is said', async () => {
      const unset = { method: null, metric: null, m: null, efConstruction: null, lists: null };
      const collection = await newCollection(row(5), { metric: 'L1' });
      const index = await create(collection, { ...unset, ifNotExists: null, waitMs: null });
      expect(index).toMatchObject({ method: 'HNSW', metric: 'L1' });
    });

    test('is there once, however often it is asked for', async () => {
      const collection = await newCollection(row(5));
      const index = await create(collection);
      expect(await create(collection)).toEqual(index);
      expect(await listed(collection)).toHaveLength(1);
      const again = await refusedCreation(collection, { ifNotExists: false });
      expect(again).toMatchObject({ code: 'BAD_USER_INPUT' });
    });

    test('gives all of 150 points that were asked for, in order', async () => {
      const points = Array.from({ length: 150 }, (_, i) => ({
        key: String(i),
        vector: [i + 1, 0],
      }));
      const collection = await newCollection(points, { dimension: 2 });
      await create(collection);

      for (const mode of ['AUTO', 'INDEX', 'EXACT']) {
        const result = await search(collection, {
          near: { vector: [0, 0] },
          k: 100,
          options: { mode, efSearch: 40 },
        });
        expect(keysOf(result)).toEqual(points.slice(0, 100).map((point) => point.key));
        expect(result.hasMore).toBe(true);
      }
    });

    test('gives k rows whenever k rows pass the filter', async () => {
      const many = scattered(900, dimension).map((record, i) => ({
        ...record,
        metadata: { rare: i % 60 === 0 },
      }));
      const collection = await newCollection(many, { dimension });
      await create(collection);

      for (const mode of ['AUTO', 'INDEX']) {
        const filtered = { near, filter: { rare: true }, options: { mode, efSearch: 10 } };
        const result = await search(collection, { ...filtered, k: 15 });
        expect(result.matches).toHaveLength(15);
        const exact = await search(collection, { ...filtered, options: { mode: 'EXACT' }, k: 15 });
        expect(keysOf(result)).toEqual(keysOf(exact));
        expect(result.hasMore).toBe(false);
      }
    });

    test('orders equal distances by key too', async () => {
      const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
      const twins = keys.map((key) => ({ key, vector: [1, 1, 1, 1] }));
      const collection = await newCollection(twins);
      await create(collection);
      const options = { mode: 'INDEX', efSearch: 200 };
      const result = await search(collection, { near: { vector: [1, 1, 1, 1] }, k: 60, options });
      expect(keysOf(result)).toEqual(keys.toSorted());
    });

    test('sees what is written after it was built', async () => {
      const collection = await newCollection(row(20));
      await create(collection);
      await upsert(collection, [{ key: 'new', vector: [0.5, 0, 0, 0] }]);
      const options = { mode: 'INDEX' };
      const result = await search(collection, { near: { vector: [0, 0, 0, 0] }, k: 2, options });
      expect(keysOf(result)).toEqual(['new', '1']);
    });

    test('can be had of FLOAT16 vectors, of up to 4000 dimensions', async () => {
      const spec = { dimension: 2_001, elementType: 'FLOAT16' };
      const vector = (i: number) => Array.from({ length: 2_001 }, (_, at) => (at === i ? 1 : 0));
      const collection = await newCollection(
        Array.from({ length: 30 }, (_, i) => ({ key: String(i), vector: vector(i) })),
        spec,
      );
      expect(await create(collection)).toMatchObject({ state: 'READY' });
      const args = { near: { vector: vector(1) }, k: 1, options: { mode: 'INDEX' } };
      expect(keysOf(await search(collection, args))).toEqual(['1']);
      expect(await plans(collection, args)).toEqual(['HNSW']);
    });
  });

  describe('an IVFFLAT index', () => {
    test('answers as an exact scan does when all lists are probed', async () => {
      const records = scattered(240, dimension);
      const near = { vector: records[3]!.vector };
      const collection = await newCollection(records, { dimension });
      const index = await create(collection, { method: 'IVFFLAT', lists: 4 });
      expect(index).toMatchObject({ method: 'IVFFLAT', metric: 'L2', options: { lists: 4 } });

      const indexed = await search(collection, {
        near,
        k: 50,
        options: { mode: 'INDEX', probes: 4 },
      });
      const exact = await search(collection, { near, k: 50, options: { mode: 'EXACT' } });
      expect(keysOf(indexed)).toEqual(keysOf(exact));
      expect(new Set(indexed.profile.map((shard) => shard.plan))).toEqual(new Set(['IVFFLAT']));
    });
  });

  describe('dropVectorIndex', () => {
    test('drops the index, once, and searches scan again', async () => {
      const collection = await newCollection(row(60));
      const args = { near: { vector: [0, 0, 0, 0] }, k: 3, options: { mode: 'INDEX' } };
      await create(collection);
      expect(await plans(collection, args)).toEqual(['HNSW']);

      const other = { method: 'HNSW', metric: 'COSINE' };
      expect(await drop(collection, other)).toBe(false);
      expect(await drop(collection, { method: 'IVFFLAT' })).toBe(false);
      expect(await drop(collection, { method: 'HNSW', metric: 'L2' })).toBe(true);
      expect(await drop(collection, { method: 'HNSW', metric: null })).toBe(false);
      expect(await listed(collection)).toEqual([]);
      expect(await plans(collection, args)).toEqual(['EXACT']);
      expect(await count(collection)).toBe(60);
    });

    test('drops the indexes of every metric when none is named', async () => {
      const collection = await newCollection(row(5));
      await create(collection, { metric: 'L2' });
      await create(collection, { metric: 'COSINE' });
      expect((await listed(collection)).map((index) => index.metric).toSorted()).toEqual([
        'COSINE',
        'L2',
      ]);
      expect(await drop(collection, { method: 'HNSW' })).toBe(true);
      expect(await listed(collection)).toEqual([]);
    });
  });

  describe('an index that cannot be', () => {
    test('a search without an index of its metric scans exactly', async () => {
      const collection = await newCollection(row(20));
      await create(collection, { metric: 'L2' });
      const options = { mode: 'INDEX', metric: 'L1' };
      expect(await plans(collection, { near: { vector: [0, 0, 0, 0] }, options })).toEqual([
        'EXACT',
      ]);
    });

    test.each<[spec: Variables, argument: string]>([
      [{ m: 1 }, 'input.m'],
      [{ m: 101 }, 'input.m'],
      [{ efConstruction: 3 }, 'input.efConstruction'],
      [{ efConstruction: 1_001 }, 'input.efConstruction'],
      [{ m: 32, efConstruction: 40 }, 'input.efConstruction'],
      [{ method: 'IVFFLAT', lists: 0 }, 'input.lists'],
      [{ method: 'IVFFLAT', metric: 'L1' }, 'input.metric'],
      [{ method: 'HNSW', lists: 32 }, 'input.lists'],
      [{ method: 'IVFFLAT', m: 8 }, 'input.m'],
      [{ waitMs: -1 }, 'input.waitMs'],
      [{ maintenanceWorkMem: '2 GB' }, 'input.maintenanceWorkMem'],
      [{ maintenanceWorkMem: '512kB' }, 'input.maintenanceWorkMem'],
      [{ maintenanceWorkMem: "1GB'; drop" }, 'input.maintenanceWorkMem'],
    ])('%j is refused', async (spec, argument) => {
      const collection = await newCollection();
      expect(await refusedCreation(collection, spec)).toEqual({ code: 'BAD_USER_INPUT', argument });
      expect(await listed(collection)).toEqual([]);
    });

    test.each([
      ['FLOAT32', 2_001],
      ['FLOAT16', 4_001],
    ])('%s vectors of %i dimensions are too long for it', async (elementType, tooMany) => {
      const collection = await newCollection([], { dimension: tooMany, elementType });
      expect(await refusedCreation(collection, {})).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    });
  });
}

interface Index {
  readonly method: string;
  readonly metric: string;
  readonly options: unknown;
  readonly state: string;
  readonly shards: readonly {
    readonly pod: string;
    readonly percent: number | null;
    readonly bytes: number;
  }[];
}

interface Created {
  readonly createVectorIndex: { readonly index: Index };
}

interface Dropped {
  readonly dropVectorIndex: { readonly dropped: boolean };
}

interface Listed {
  readonly vectorCollection: { readonly indexes: readonly Index[] };
}

const wholeIndex = `
  {
    method
    metric
    options
    state
    shards {
      pod
      name
      state
      percent
      bytes
    }
  }
`;

const createIndex = `mutation ($input: CreateVectorIndexInput!) {
  createVectorIndex(input: $input) { index ${wholeIndex} }
}`;

const dropIndex = /* GraphQL */ `
  mutation (
    $collection: String!
    $bucket: String
    $method: VectorIndexMethod!
    $metric: VectorMetric
  ) {
    dropVectorIndex(collection: $collection, bucket: $bucket, method: $method, metric: $metric) {
      dropped
    }
  }
`;

const listIndexes = `query ($name: String!, $bucket: String) {
  vectorCollection(name: $name, bucket: $bucket) { indexes ${wholeIndex} }
}`;
