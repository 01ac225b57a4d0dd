import { base64, row, speakTo, upsertDocument, type Subject } from './subject.ts';

export function writes(subject: () => Subject): void {
  const { ask, execute, refusalOf, newCollection, upsert, nearest, count } = speakTo(subject);

  const recordOf = async (collection: string, key: string): Promise<unknown> =>
    (await ask<{ vectorRecord: unknown }>(readDocument, { collection, key })).vectorRecord;

  const updated = async (collection: string, change: object): Promise<number> => {
    const answer = await ask<Updated>(updateDocument, { collection, ...change });
    return answer.updateVectorMetadata.updatedCount;
  };

  const deleted = async (collection: string, which: object): Promise<number> => {
    const answer = await ask<Deleted>(deleteDocument, { collection, ...which });
    return answer.deleteVectors.deletedCount;
  };

  describe('upsertVectors', () => {
    test('inserts, and a search that begins afterwards finds it', async () => {
      const collection = await newCollection(row(3));
      expect(await ask(upsertDocument, { collection, records: row(5) })).toEqual({
        upsertVectors: { upsertedCount: 5 },
      });
      const near = { vector: [9, 0, 0, 0] };
      expect(await nearest(collection, { near })).toEqual(['5', '4', '3', '2', '1']);
    });

    test('replaces whole records: what is not given again is gone', async () => {
      const old = { key: 'a', vector: [1, 0, 0, 0], metadata: { old: 1, both: 1 } };
      const collection = await newCollection([old]);

      await upsert(collection, [{ key: 'a', vector: [2, 0, 0, 0], metadata: { both: 2 } }]);
      expect(await recordOf(collection, 'a')).toEqual({
        key: 'a',
        vector: [2, 0, 0, 0],
        metadata: { both: 2 },
      });
      await upsert(collection, [{ key: 'a', vector: [3, 0, 0, 0] }]);
      expect(await recordOf(collection, 'a')).toMatchObject({ metadata: {} });
      expect(await count(collection)).toBe(1);
    });

    test('takes base64, lists of whole numbers, and records written in the query', async () => {
      const collection = await newCollection([{ key: 'a', vector: base64([0.5, 1, 2, 3]) }]);
      await ask(
        `mutation ($collection: String!, $bucket: String) {
          upsertVectors(collection: $collection, bucket: $bucket, records: [
            { key: "b", vector: [1, 2, 3, 4.5], metadata: { list: [1, "x", null, { a: true }] } }
            { key: 3, vector: "${base64([1, 1, 1, 1])}" }
          ]) { upsertedCount }
        }`,
        { collection },
      );
      expect(await recordOf(collection, 'a')).toMatchObject({ vector: [0.5, 1, 2, 3] });
      expect(await recordOf(collection, '3')).toMatchObject({ vector: [1, 1, 1, 1] });
      expect(await recordOf(collection, 'b')).toEqual({
        key: 'b',
        vector: [1, 2, 3, 4.5],
        metadata: { list: [1, 'x', null, { a: true }] },
      });
    });

    test('takes a thousand records', async () => {
      const collection = await newCollection();
      expect(await ask(upsertDocument, { collection, records: row(1_000) })).toEqual({
        upsertVectors: { upsertedCount: 1_000 },
      });
      expect(await count(collection)).toBe(1_000);
    });

    test('takes metadata of 40 KiB, and any JSON in it', async () => {
      const metadata = { text: 'é'.repeat(20_000), deep: [[[{ a: [] }]]], '': 1, '\u2028': '\\' };
      const collection = await newCollection([{ key: 'a', vector: [1, 0, 0, 0], metadata }]);
      expect(await recordOf(collection, 'a')).toMatchObject({ metadata });
    });

    test('keeps the numbers of a vector exactly as float32', async () => {
      const vector = [0.1, 1e-40, 3.4e38, -0.333333333333];
      const collection = await newCollection([{ key: 'a', vector }]);
      const { vector: read } = (await recordOf(collection, 'a')) as { vector: number[] };
      expect(read.map(Math.fround)).toEqual(vector.map(Math.fround));
    });
  });

  describe('updateVectorMetadata', () => {
    test('takes from metadata that PostgreSQL writes with more bytes than JSON needs', async () => {
      const keys = Array.from({ length: 3_900 }, (_, i) => [`k${1_000 + i}`, 0] as const);
      const metadata = Object.fromEntries(keys);
      const collection = await newCollection([{ key: '1', vector: [0, 0, 0, 0], metadata }]);
      expect(await updated(collection, { keys: ['1'], unset: ['k1000'] })).toBe(1);
    });

    test('sets and removes single keys of the records that are there', async () => {
      const vector = [1, 0, 0, 0];
      const collection = await newCollection([
        { key: 'a', vector, metadata: { keep: 1, gone: 1, deep: { x: 1, y: 1 } } },
        { key: 'b', vector },
        { key: 'c', vector, metadata: { gone: 1 } },
      ]);
      const change = {
        keys: ['a', 'b', 'nobody'],
        set: { deep: { z: 1 }, nothing: null },
        unset: ['gone', 'missing'],
      };

      expect(await updated(collection, change)).toBe(2);
      expect(await recordOf(collection, 'a')).toEqual({
        key: 'a',
        vector,
        metadata: { keep: 1, deep: { z: 1 }, nothing: null },
      });
      expect(await recordOf(collection, 'b')).toMatchObject({
        metadata: { deep: { z: 1 }, nothing: null },
      });
      expect(await recordOf(collection, 'c')).toMatchObject({ metadata: { gone: 1 } });
      expect(await recordOf(collection, 'nobody')).toBeNull();
    });

    test('sets alone, or removes alone', async () => {
      const collection = await newCollection(row(2));
      expect(await updated(collection, { keys: ['1'], set: { m: 1 }, unset: null })).toBe(1);
      expect(await updated(collection, { keys: ['2'], set: null, unset: ['n'] })).toBe(1);
      expect(await recordOf(collection, '1')).toMatchObject({ metadata: { n: 1, m: 1 } });
      expect(await recordOf(collection, '2')).toMatchObject({ metadata: {} });
      expect(await count(collection, { m: 1 })).toBe(1);
    });

    test('of nobody counts nobody', async () => {
      expect(await updated(await newCollection(row(2)), { keys: ['x'], set: { a: 1 } })).toBe(0);
    });

    test('changes no record when it would make one of them too large', async () => {
      const metadata = { text: 'x'.repeat(30_000) };
      const collection = await newCollection([
        ...row(20),
        { key: 'a', vector: [1, 1, 1, 1], metadata },
      ]);
      const keys = [...row(20).map(({ key }) => key), 'a'];
      const change = { collection, keys, set: { more: 'x'.repeat(20_000) } };

      expect(await refusalOf(updateDocument, change)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
      expect(await recordOf(collection, 'a')).toMatchObject({ metadata });
      expect(await count(collection, { more: { $exists: true } })).toBe(0);
    });
  });

  describe('deleteVectors', () => {
    test('by keys counts those that were there', async () => {
      const collection = await newCollection(row(5));
      expect(await deleted(collection, { keys: ['1', '4', 'nobody'] })).toBe(2);
      expect(await deleted(collection, { keys: ['1', '4'], filter: null })).toBe(0);
      const near = { vector: [0, 0, 0, 0] };
      expect(await nearest(collection, { near })).toEqual(['2', '3', '5']);
    });

    test('by filter takes what passes it, from every shard', async () => {
      const collection = await newCollection(row(30));
      expect(await deleted(collection, { filter: { n: { $gt: 10 } }, keys: null })).toBe(20);
      expect(await deleted(collection, { filter: '{"n": {"$gt": 10}}' })).toBe(0);
      expect(await count(collection)).toBe(10);
    });

    test.each<[title: string, which: object, code: string, argument: string]>([
      ['keys and filter together', { keys: ['1'], filter: { n: 1 } }, 'BAD_USER_INPUT', 'keys'],
      ['neither keys nor filter', {}, 'BAD_USER_INPUT', 'keys'],
      ['nothing but nulls', { keys: null, filter: null }, 'BAD_USER_INPUT', 'keys'],
      ['an empty filter', { filter: {} }, 'INVALID_FILTER', 'filter'],
      ['an empty filter as text', { filter: '{}' }, 'INVALID_FILTER', 'filter'],
    ])('%s is refused', async (_, which, code, argument) => {
      const collection = await newCollection(row(2));
      expect(await refusalOf(deleteDocument, { collection, ...which })).toEqual({ code, argument });
      expect(await count(collection)).toBe(2);
    });
  });

  describe('the mutations of one request', () => {
    test('run in their order, and each fails alone', async () => {
      const collection = await newCollection(row(2));
      const { data, errors } = await execute(severalMutations, { collection });

      expect(data).toEqual({
        first: { deletedCount: 1 },
        bad: null,
        again: { upsertedCount: 1 },
        last: { deletedCount: 2 },
      });
      expect(errors).toHaveLength(1);
      expect(errors![0]).toMatchObject({ extensions: { code: 'DIMENSION_MISMATCH' } });
      expect(await count(collection)).toBe(0);
    });
  });
}

interface Updated {
  readonly updateVectorMetadata: { readonly updatedCount: number };
}

interface Deleted {
  readonly deleteVectors: { readonly deletedCount: number };
}

const readDocument = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $key: ID!) {
    vectorRecord(collection: $collection, bucket: $bucket, key: $key) {
      key
      vector
      metadata
    }
  }
`;

export const updateDocument = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String, $keys: [ID!]!, $set: JSON, $unset: [String!]) {
    updateVectorMetadata(
      collection: $collection
      bucket: $bucket
      keys: $keys
      set: $set
      unset: $unset
    ) {
      updatedCount
    }
  }
`;

export const deleteDocument = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String, $keys: [ID!], $filter: VectorFilter) {
    deleteVectors(collection: $collection, bucket: $bucket, keys: $keys, filter: $filter) {
      deletedCount
    }
  }
`;

const severalMutations = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String) {
    first: deleteVectors(collection: $collection, bucket: $bucket, keys: ["1"]) {
      deletedCount
    }
    bad: upsertVectors(
      collection: $collection
      bucket: $bucket
      records: [{ key: "1", vector: [1] }]
    ) {
      upsertedCount
    }
    again: upsertVectors(
      collection: $collection
      bucket: $bucket
      records: [{ key: "1", vector: [1, 1, 1, 1] }]
    ) {
      upsertedCount
    }
    last: deleteVectors(collection: $collection, bucket: $bucket, keys: ["1", "2"]) {
      deletedCount
    }
  }
`;
