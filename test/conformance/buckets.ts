import { createDocument, freshName, speakTo, type Subject } from './subject.ts';
import { dropDocument } from './collections.ts';

export function buckets(subject: () => Subject): void {
  const { ask, refusalOf } = speakTo(subject);

  const create = (name: string): Promise<unknown> => ask(createBucket, { name });
  const drop = async (name: string): Promise<unknown> =>
    (await ask<{ deleteVectorBucket: unknown }>(deleteBucket, { name })).deleteVectorBucket;
  const list = async (prefix: string | null): Promise<readonly { readonly name: string }[]> =>
    (await ask<{ vectorBuckets: { name: string }[] }>(listBuckets, { prefix })).vectorBuckets;

  describe('buckets', () => {
    test('are made, listed, filled, refused while filled, and deleted once', async () => {
      const name = freshName('b');
      const createdAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
      const collection = { name: 'inside', bucket: name, dimension: 2 };

      expect(await create(name)).toEqual({
        createVectorBucket: { bucket: { name, collectionCount: 0, createdAt } },
      });
      await ask(createDocument, { input: collection });
      expect(await list(name)).toEqual([{ name, collectionCount: 1, createdAt }]);
      expect(await refusalOf(deleteBucket, { name })).toMatchObject({ code: 'BUCKET_NOT_EMPTY' });

      await ask(dropDocument, { name: 'inside', bucket: name });
      expect(await drop(name)).toEqual({ deleted: true });
      expect(await drop(name)).toEqual({ deleted: false });
      expect(await list(name)).toEqual([]);
    });

    test('can be made again, and are empty then', async () => {
      const name = freshName('b');
      await create(name);
      await drop(name);
      await create(name);
      expect(await list(name)).toMatchObject([{ name, collectionCount: 0 }]);
      await drop(name);
    });

    test('are listed by the bytes of their names, with a prefix taken as it is written', async () => {
      const prefix = freshName('b');
      const names = ['%a', 'Z', '_a', 'a', 'é'].map((end) => prefix + end);
      for (const name of names.toReversed()) await create(name);

      expect((await list(prefix)).map((bucket) => bucket.name)).toEqual(names);
      expect(await list(`${prefix}_`)).toMatchObject([{ name: `${prefix}_a` }]);
      for (const name of names) await drop(name);
    });

    test('are not listed by what no name can begin with', async () => {
      const refusal = await refusalOf(listBuckets, { prefix: '\u0000' });
      expect(refusal).toEqual({ code: 'BAD_USER_INPUT', argument: 'prefix' });
    });

    test('are all listed without a prefix, the default one among them', async () => {
      const names = (await list(null)).map((bucket) => bucket.name);
      expect(names).toEqual(expect.arrayContaining(['vecs', subject().bucket]));
      expect(names).not.toEqual(expect.arrayContaining(['public']));
      expect(names).not.toEqual(expect.arrayContaining(['quiver']));
    });

    test('that are there are not made again', async () => {
      expect(await refusalOf(createBucket, { name: subject().bucket })).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'name',
      });
    });

    test.each([
      'public',
      'PUBLIC',
      'auth',
      'quiver',
      'information_schema',
      'pg_catalog',
      'pg_mine',
      '',
      'a\u0000',
    ])('are never called "%s"', async (name) => {
      expect(await refusalOf(createBucket, { name })).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'name',
      });
    });

    test('have names of 63 bytes at most', async () => {
      expect(await refusalOf(createBucket, { name: 'é'.repeat(32) })).toEqual({
        code: 'LIMIT_EXCEEDED',
        argument: 'name',
      });
    });

    test('of somebody else are never deleted', async () => {
      const { data } = await subject().execute(deleteBucket, { name: 'public' });
      expect(data).not.toEqual({ deleteVectorBucket: { deleted: true } });
    });
  });
}

const createBucket = /* GraphQL */ `
  mutation ($name: String!) {
    createVectorBucket(name: $name) {
      bucket {
        name
        collectionCount
        createdAt
      }
    }
  }
`;

const deleteBucket = /* GraphQL */ `
  mutation ($name: String!) {
    deleteVectorBucket(name: $name) {
      deleted
    }
  }
`;

const listBuckets = /* GraphQL */ `
  query ($prefix: String) {
    vectorBuckets(prefix: $prefix) {
      name
      collectionCount
      createdAt
    }
  }
`;
