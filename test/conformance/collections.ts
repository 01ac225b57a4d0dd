import {
  createDocument,
  freshName,
  row,
  searchDocument,
  speakTo,
  upsertDocument,
  type Subject,
  type Variables,
} from './subject.ts';
import { listDocument, oneDocument } from './listings.ts';
import { scanDocument } from './scans.ts';
import { deleteDocument, updateDocument } from './writes.ts';

export function collections(subject: () => Subject): void {
  const { ask, execute, refusalOf, newCollection, upsert, nearest, count } = speakTo(subject);

  const create = async (input: Variables): Promise<unknown> => {
    const whole = { bucket: subject().bucket, ...input };
    return (await ask<Created>(createDocument, { input: whole })).createVectorCollection;
  };

  const refusedCreation = (input: Variables) =>
    refusalOf(createDocument, { input: { bucket: subject().bucket, ...input } });

  const drop = async (name: string): Promise<unknown> =>
    (await ask<Dropped>(dropDocument, { name })).deleteVectorCollection;

  describe('createVectorCollection', () => {
    test('makes what was asked for', async () => {
      const { bucket } = subject();
      const spec = { name: freshName(), dimension: 3, metric: 'L1', elementType: 'FLOAT16' };
      expect(await create(spec)).toEqual({ created: true, collection: { bucket, ...spec } });
      await upsert(spec.name, [{ key: 'a', vector: [1, 2, 3] }]);
      expect(await count(spec.name)).toBe(1);
    });

    test('makes COSINE and FLOAT32 of what is left out or null', async () => {
      const unset = { metric: null, elementType: null, pods: null, ifNotExists: null };
      for (const rest of [{}, { ...unset, nonFilterableKeys: null }]) {
        const made = await create({ name: freshName(), dimension: 2, ...rest });
        expect(made).toMatchObject({ collection: { metric: 'COSINE', elementType: 'FLOAT32' } });
      }
    });

    test('of one that is there is an error, or its return with ifNotExists', async () => {
      const name = await newCollection(row(2));
      const same = { name, dimension: 4, metric: 'L2' };

      expect(await refusedCreation(same)).toEqual({ code: 'COLLECTION_EXISTS' });
      expect(await create({ ...same, ifNotExists: true })).toMatchObject({
        created: false,
        collection: { name, dimension: 4 },
      });
      expect(await count(name)).toBe(2);
    });

    test.each<[what: string, difference: Variables]>([
      ['another dimension', { dimension: 5 }],
      ['another metric', { metric: 'COSINE' }],
      ['another element type', { elementType: 'FLOAT16' }],
    ])('with ifNotExists of one with %s is an error', async (_, difference) => {
      const name = await newCollection();
      const input = { name, dimension: 4, metric: 'L2', ifNotExists: true, ...difference };
      expect(await refusedCreation(input)).toEqual({ code: 'COLLECTION_EXISTS' });
    });

    test.each([
      `it's "quoted"; drop table x --`,
      'Übergrößen 日本 😀',
      'UPPER.lower',
      '%_\\',
      'x'.repeat(50),
    ])('takes the name %s', async (start) => {
      const name = start + freshName('');
      await newCollection(row(3), { name });
      expect(await nearest(name, { near: { key: '1' } })).toEqual(['2', '3']);
      expect(await count(name, { n: 2 })).toBe(1);
      expect(await drop(name)).toEqual({ deleted: true });
    });

    test.each<[what: string, input: Variables, code: string, argument: string]>([
      ['an empty name', { name: '' }, 'BAD_USER_INPUT', 'input.name'],
      ['a name of 64 bytes', { name: 'é'.repeat(32) }, 'LIMIT_EXCEEDED', 'input.name'],
      [
        'a key with NUL',
        { nonFilterableKeys: ['a', '\u0000'] },
        'BAD_USER_INPUT',
        'input.nonFilterableKeys[1]',
      ],
      ['a name with NUL', { name: 'a\u0000b' }, 'BAD_USER_INPUT', 'input.name'],
      ['a name with a line break', { name: 'a\nb' }, 'BAD_USER_INPUT', 'input.name'],
      ['a name with half a character', { name: 'a\uD800' }, 'BAD_USER_INPUT', 'input.name'],
      ['dimension 0', { dimension: 0 }, 'BAD_USER_INPUT', 'input.dimension'],
      ['dimension -1', { dimension: -1 }, 'BAD_USER_INPUT', 'input.dimension'],
      ['dimension 16001', { dimension: 16_001 }, 'LIMIT_EXCEEDED', 'input.dimension'],
      ['an unknown pod', { pods: ['nowhere'] }, 'BAD_USER_INPUT', 'input.pods'],
      ['an unknown bucket', { bucket: 'nowhere' }, 'BAD_USER_INPUT', 'input.bucket'],
    ])('refuses %s', async (_, input, code, argument) => {
      const valid = { name: freshName(), dimension: 4 };
      expect(await refusedCreation({ ...valid, ...input })).toEqual({ code, argument });
    });

    test('takes names of 63 bytes and vectors of 16,000 dimensions', async () => {
      const name = freshName('é'.repeat(27));
      expect(Buffer.byteLength(name)).toBe(63);
      expect(await create({ name, dimension: 16_000 })).toMatchObject({ created: true });
      const vector = Array.from({ length: 16_000 }, (_, i) => i % 7);
      await upsert(name, [{ key: 'a', vector }]);
      expect(await nearest(name, { near: { vector } })).toEqual(['a']);
    });

    test('can put a whole collection on one pod', async () => {
      const pod = subject().pods.at(-1)!;
      const name = await newCollection(row(9), { pods: [pod] });
      expect(await ask(shardsDocument, { name })).toEqual({
        vectorCollection: { shards: [{ pod, slotCount: 1_024, count: 9 }] },
      });
      const near = { vector: [0, 0, 0, 0] };
      expect(await nearest(name, { near, k: 2 })).toEqual(['1', '2']);
    });

    test('keeps collections of one name in two buckets apart', async () => {
      const other = freshName('b');
      await ask(
        'mutation ($name: String!) { createVectorBucket(name: $name) { bucket { name } } }',
        {
          name: other,
        },
      );
      const name = await newCollection(row(2));
      await create({ name, bucket: other, dimension: 2 });

      expect(await count(name)).toBe(2);
      expect(await ask(oneDocument, { name, bucket: other })).toMatchObject({
        vectorCollection: { bucket: other, dimension: 2, count: 0 },
      });
      await ask(dropDocument, { name, bucket: other });
      expect(await count(name)).toBe(2);
      await ask('mutation ($name: String!) { deleteVectorBucket(name: $name) { deleted } }', {
        name: other,
      });
    });
  });

  describe('deleteVectorCollection', () => {
    test('takes the collection away, once', async () => {
      const name = await newCollection(row(2));
      expect(await drop(name)).toEqual({ deleted: true });
      expect(await drop(name)).toEqual({ deleted: false });
      expect(await ask(oneDocument, { name })).toEqual({ vectorCollection: null });
      expect(await ask(listDocument, { prefix: name })).toMatchObject({
        vectorCollections: { nodes: [] },
      });
    });

    test('leaves COLLECTION_NOT_FOUND to every operation on it', async () => {
      const collection = await newCollection(row(2));
      await drop(collection);
      for (const [query, variables] of operations) {
        const { data, errors } = await execute(query, { collection, ...variables });
        expect(Object.values(data ?? {})).toEqual([null]);
        expect(errors).toEqual([
          expect.objectContaining({
            extensions: expect.objectContaining({
              code: 'COLLECTION_NOT_FOUND',
              bucket: subject().bucket,
              collection,
            }),
          }),
        ]);
      }
    });

    test('leaves the name to another collection, which works at once', async () => {
      const name = await newCollection(row(3));
      const near = { vector: [2, 0, 0, 0] };
      expect(await nearest(name, { near, k: 1 })).toEqual(['2']);
      await drop(name);

      await newCollection([{ key: 'new', vector: [1, 1] }], { name, dimension: 2 });
      expect(await nearest(name, { near: { vector: [1, 0] } })).toEqual(['new']);
      expect(await count(name)).toBe(1);
      const stale = { collection: name, near };
      expect(await refusalOf(searchDocument, stale)).toEqual({
        code: 'DIMENSION_MISMATCH',
        argument: 'near.vector',
      });
    });
  });
}

interface Created {
  readonly createVectorCollection: unknown;
}

interface Dropped {
  readonly deleteVectorCollection: unknown;
}

export const dropDocument = /* GraphQL */ `
  mutation ($name: String!, $bucket: String) {
    deleteVectorCollection(name: $name, bucket: $bucket) {
      deleted
    }
  }
`;

const shardsDocument = /* GraphQL */ `
  query ($name: String!, $bucket: String) {
    vectorCollection(name: $name, bucket: $bucket) {
      shards {
        pod
        slotCount
        count
      }
    }
  }
`;

/** One of each operation that names a collection. */
const operations: readonly (readonly [query: string, variables: Variables])[] = [
  [searchDocument, { near: { vector: [1, 0, 0, 0] } }],
  [searchDocument, { near: { key: '1' } }],
  [scanDocument, {}],
  [
    `query ($collection: String!, $bucket: String) {
      countVectors(collection: $collection, bucket: $bucket)
    }`,
    {},
  ],
  [
    `query ($collection: String!, $bucket: String) {
      vectorRecord(collection: $collection, bucket: $bucket, key: "1") { key vector }
    }`,
    {},
  ],
  [
    `query ($collection: String!, $bucket: String) {
      vectorRecords(collection: $collection, bucket: $bucket, keys: ["1", "2"]) { metadata }
    }`,
    {},
  ],
  [upsertDocument, { records: row(2) }],
  [updateDocument, { keys: ['1'], set: { a: 1 } }],
  [deleteDocument, { keys: ['1'] }],
  [deleteDocument, { filter: { n: 1 } }],
  [
    `mutation ($collection: String!, $bucket: String) {
      createVectorIndex(input: { collection: $collection, bucket: $bucket }) { index { state } }
    }`,
    {},
  ],
  [
    `mutation ($collection: String!, $bucket: String) {
      dropVectorIndex(collection: $collection, bucket: $bucket, method: HNSW) { dropped }
    }`,
    {},
  ],
];
