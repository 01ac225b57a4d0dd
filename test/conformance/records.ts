import { base64, row, speakTo, unicodeKeys, type Subject } from './subject.ts';

export function records(subject: () => Subject): void {
  const { ask, execute, refusalOf, newCollection, upsert, nearest } = speakTo(subject);

  const recordOf = async (collection: string, key: string): Promise<unknown> =>
    (await ask<{ vectorRecord: unknown }>(wholeRecord, { collection, key })).vectorRecord;

  const keysOfRecords = async (collection: string, keys: readonly string[]): Promise<unknown> =>
    (await ask<{ vectorRecords: unknown }>(recordList, { collection, keys })).vectorRecords;

  describe('a record by its key', () => {
    test('has its bucket, collection, key, vector and metadata', async () => {
      const { bucket } = subject();
      const vector = [0.5, -1.25, 3e10, 0];
      const metadata = {
        title: 'Ünïcode "quoted"',
        list: [1, null, { deep: true }],
        nothing: null,
      };
      const collection = await newCollection([{ key: 'a', vector, metadata }]);

      expect(await recordOf(collection, 'a')).toEqual({
        bucket,
        collection,
        key: 'a',
        vector: vector.map((x) => expect.closeTo(Math.fround(x), 5)),
        vectorBase64: base64(vector),
        metadata,
      });
    });

    test('is null, without an error, when there is none', async () => {
      expect(await recordOf(await newCollection(), 'nobody')).toBeNull();
    });

    test('may be a whole number in the query', async () => {
      const collection = await newCollection(row(5));
      const query = `query ($collection: String!, $bucket: String) {
        vectorRecord(collection: $collection, bucket: $bucket, key: 5) { metadata }
      }`;
      expect(await ask(query, { collection })).toEqual({ vectorRecord: { metadata: { n: 5 } } });
    });

    test.each(unicodeKeys)('"%s" is a key', async (key) => {
      const collection = await newCollection([{ key, vector: [1, 0, 0, 0] }]);
      expect(await recordOf(collection, key)).toMatchObject({ key });
    });

    test('a key may have 1024 bytes', async () => {
      const key = 'é'.repeat(512);
      const collection = await newCollection([{ key, vector: [1, 0, 0, 0] }]);
      expect(await recordOf(collection, key)).toMatchObject({ key });
    });

    test('gives the metadata keys that were asked for, each alias its own', async () => {
      const metadata = { a: 1, 'b.c': { d: 2 }, e: null };
      const collection = await newCollection([{ key: 'x', vector: [1, 0, 0, 0], metadata }]);

      expect(await ask(metadataParts, { collection })).toEqual({
        vectorRecord: {
          all: metadata,
          unset: metadata,
          some: { a: 1, e: null },
          dotted: { 'b.c': { d: 2 } },
          none: {},
        },
      });
    });

    test('metadata that was not given is {}', async () => {
      const collection = await newCollection([
        { key: 'absent', vector: [1, 0, 0, 0] },
        { key: 'null', vector: [1, 0, 0, 0], metadata: null },
      ]);
      expect(await recordOf(collection, 'absent')).toMatchObject({ metadata: {} });
      expect(await recordOf(collection, 'null')).toMatchObject({ metadata: {} });
    });
  });

  describe('records by their keys', () => {
    test('come in the order asked, null where there is none, twice when asked twice', async () => {
      const collection = await newCollection(row(9));
      expect(await keysOfRecords(collection, ['9', 'nobody', '1', '5', '9'])).toEqual([
        { key: '9', metadata: { n: 9 } },
        null,
        { key: '1', metadata: { n: 1 } },
        { key: '5', metadata: { n: 5 } },
        { key: '9', metadata: { n: 9 } },
      ]);
      expect(await keysOfRecords(collection, [])).toEqual([]);
    });

    test('can be a thousand', async () => {
      const collection = await newCollection();
      const keys = Array.from({ length: 1_000 }, (_, i) => `key-${i}`);
      await upsert(
        collection,
        keys.map((key, i) => ({ key, vector: [i, 0, 0, 0], metadata: { n: i } })),
      );
      const found = await keysOfRecords(collection, keys.toReversed());
      expect(found).toEqual(keys.map((key, i) => ({ key, metadata: { n: i } })).toReversed());
    });
  });

  describe('records of a FLOAT16 collection', () => {
    const spec = { elementType: 'FLOAT16' };

    test('are rounded to 16 bits, in searches too', async () => {
      const vector = [0.1, -2.5, 1000.3, 65_504];
      const half = [0.0999755859375, -2.5, 1000.5, 65_504];
      const collection = await newCollection([{ key: 'a', vector }], spec);

      const record = await recordOf(collection, 'a');
      expect(record).toMatchObject({ vectorBase64: base64(half) });
      const { vector: read } = record as { vector: readonly number[] };
      read.forEach((x, i) => expect(x).toBeCloseTo(half[i]!, 6));
    });

    test('refuse numbers that 16 bits cannot hold', async () => {
      const collection = await newCollection([], spec);
      const tooLarge = { collection, key: 'a', vector: [0, 0, 70_000, 0] };
      expect(await refusalOf(upsertOne, tooLarge)).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'records[0].vector',
      });
      expect(await recordOf(collection, 'a')).toBeNull();
    });
  });

  test('of a FLOAT16 COSINE collection have a direction in 16 bits too', async () => {
    const collection = await newCollection([], { elementType: 'FLOAT16', metric: 'COSINE' });
    const vanishing = { collection, key: 'a', vector: [1e-9, 2 ** -25, 0, 0] };
    expect(await refusalOf(upsertOne, vanishing)).toEqual({
      code: 'BAD_USER_INPUT',
      argument: 'records[0].vector',
    });
    await upsert(collection, [{ key: 'b', vector: [1e-9, 3.1e-8, 0, 0] }]);
    expect(await nearest(collection, { near: { vector: [0, 1, 0, 0] } })).toEqual(['b']);
  });

  describe('similar records', () => {
    test('are those near to a record, which is left out', async () => {
      const collection = await newCollection(row(5));
      expect(await ask(similar, { collection, key: '3' })).toEqual({
        vectorRecord: {
          two: { hasMore: true, metric: 'L2', matches: [match('2', 1), match('4', 1)] },
          odd: { hasMore: false, metric: 'L1', matches: [match('1', 2), match('5', 2)] },
          unset: { matches: ['2', '4', '1', '5'].map((key) => ({ record: { key } })) },
        },
      });
    });

    test('can be asked of matches and of the records of a scan', async () => {
      const collection = await newCollection(row(3));
      expect(await ask(similarEverywhere, { collection })).toEqual({
        searchVectors: { matches: rowWithNearest.map((record) => ({ record })) },
        scanVectors: { nodes: rowWithNearest },
      });
    });

    test('fail at their own place', async () => {
      const collection = await newCollection(row(2));
      const { data, errors } = await execute(
        `query ($collection: String!, $bucket: String) {
          vectorRecord(collection: $collection, bucket: $bucket, key: "1") {
            key
            similar(k: 0) { hasMore }
          }
        }`,
        { collection },
      );
      expect(data).toEqual({ vectorRecord: { key: '1', similar: null } });
      expect(errors).toHaveLength(1);
      expect(errors![0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argument: 'k' } });
    });
  });
}

const match = (key: string, distance: number): unknown => ({ distance, record: { key } });

/** The records 1, 2 and 3 of a row, each with its nearest. */
const rowWithNearest = [
  ['1', '2'],
  ['2', '1'],
  ['3', '2'],
].map(([key, nearest]) => ({ key, similar: { matches: [{ record: { key: nearest } }] } }));

const wholeRecord = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $key: ID!) {
    vectorRecord(collection: $collection, bucket: $bucket, key: $key) {
      bucket
      collection
      key
      vector
      vectorBase64
      metadata
    }
  }
`;

const recordList = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $keys: [ID!]!) {
    vectorRecords(collection: $collection, bucket: $bucket, keys: $keys) {
      key
      metadata
    }
  }
`;

const metadataParts = /* GraphQL */ `
  query ($collection: String!, $bucket: String) {
    vectorRecord(collection: $collection, bucket: $bucket, key: "x") {
      all: metadata
      unset: metadata(keys: null)
      some: metadata(keys: ["a", "e", "missing"])
      dotted: metadata(keys: ["b.c"])
      none: metadata(keys: [])
    }
  }
`;

const upsertOne = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String, $key: ID!, $vector: Vector!) {
    upsertVectors(
      collection: $collection
      bucket: $bucket
      records: [{ key: $key, vector: $vector }]
    ) {
      upsertedCount
    }
  }
`;

const similar = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $key: ID!) {
    vectorRecord(collection: $collection, bucket: $bucket, key: $key) {
      two: similar(k: 2) {
        hasMore
        metric
        matches {
          distance
          record {
            key
          }
        }
      }
      odd: similar(filter: "{\\"n\\": {\\"$in\\": [1, 3, 5]}}", options: { metric: L1 }) {
        hasMore
        metric
        matches {
          distance
          record {
            key
          }
        }
      }
      unset: similar(k: null, filter: null, options: null) {
        matches {
          record {
            key
          }
        }
      }
    }
  }
`;

const similarEverywhere = /* GraphQL */ `
  query ($collection: String!, $bucket: String) {
    searchVectors(collection: $collection, bucket: $bucket, near: { vector: [0, 0, 0, 0] }) {
      matches {
        record {
          key
          similar(k: 1) {
            matches {
              record {
                key
              }
            }
          }
        }
      }
    }
    scanVectors(collection: $collection, bucket: $bucket) {
      nodes {
        key
        similar(k: 1) {
          matches {
            record {
              key
            }
          }
        }
      }
    }
  }
`;
