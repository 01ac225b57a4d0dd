import { byBytes, freshName, row, speakTo, type Subject, type Variables } from './subject.ts';

export function listings(subject: () => Subject): void {
  const { ask, refusalOf, newCollection } = speakTo(subject);

  const list = async (args: Variables = {}): Promise<Listing> =>
    (await ask<{ vectorCollections: Listing }>(listDocument, args)).vectorCollections;

  const names = (listing: Listing): string[] => listing.nodes.map((node) => node.name);

  describe('vectorCollection', () => {
    test('says everything of a collection', async () => {
      const { bucket, pods } = subject();
      const name = await newCollection(row(30));
      const { vectorCollection } = await ask<{ vectorCollection: Whole }>(oneDocument, { name });

      expect(vectorCollection).toEqual({
        bucket,
        name,
        dimension: 4,
        metric: 'L2',
        elementType: 'FLOAT32',
        nonFilterableKeys: [],
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
        count: 30,
        indexes: [],
        shards: expect.any(Array),
      });
      expect(Date.parse(vectorCollection.createdAt)).not.toBeNaN();
      const { shards } = vectorCollection;
      expect(byBytes(shards.map((shard) => shard.pod))).toEqual(pods);
      expect(sum(shards.map((shard) => shard.slotCount))).toBe(1_024);
      expect(sum(shards.map((shard) => shard.count))).toBe(30);
      for (const shard of shards) expect(shard.bytes).toBeGreaterThan(0);
    });

    test('is looked at again after each change of one request', async () => {
      const collection = await newCollection();
      const answer = await ask(
        `mutation ($collection: String!, $bucket: String) {
          one: createVectorIndex(input: { collection: $collection, bucket: $bucket, metric: L2 }) {
            index { metric state }
          }
          two: createVectorIndex(input: { collection: $collection, bucket: $bucket, metric: L1 }) {
            index { metric state }
          }
        }`,
        { collection },
      );
      expect(answer).toEqual({
        one: { index: { metric: 'L2', state: 'READY' } },
        two: { index: { metric: 'L1', state: 'READY' } },
      });
    });

    test('is null, without an error, when there is none', async () => {
      expect(await ask(oneDocument, { name: freshName() })).toEqual({ vectorCollection: null });
    });
  });

  describe('vectorCollections', () => {
    test('lists by the bytes of the names, page by page', async () => {
      const prefix = freshName('p');
      const made = byBytes(['Z', 'a', 'é', '😀', '\uFFFD'].map((end) => prefix + end));
      for (const name of made) await newCollection([], { name });

      const whole = await list({ prefix });
      expect(names(whole)).toEqual(made);
      expect(whole.edges.map((edge) => edge.node)).toEqual(
        made.map((name) => ({ name, bucket: subject().bucket, count: 0 })),
      );
      expect(whole.coverage).toEqual({ fraction: 1, failures: [] });
      expect(whole.pageInfo).toEqual({
        hasNextPage: false,
        hasPreviousPage: false,
        startCursor: whole.edges[0]!.cursor,
        endCursor: whole.edges[4]!.cursor,
      });
      const first = await list({ prefix, first: 2 });
      expect(names(first)).toEqual(made.slice(0, 2));
      expect(first.pageInfo.hasNextPage).toBe(true);
      const rest = await list({ prefix, after: first.pageInfo.endCursor });
      expect(names(rest)).toEqual(made.slice(2));
    });

    test('takes the prefix as it is written', async () => {
      const prefix = freshName('p');
      for (const end of ['_a', '%a', 'xa', 'A']) {
        await newCollection([], { name: prefix + end });
      }
      expect(names(await list({ prefix: `${prefix}_` }))).toEqual([`${prefix}_a`]);
      expect(names(await list({ prefix: `${prefix}%` }))).toEqual([`${prefix}%a`]);
      expect(names(await list({ prefix: `${prefix}a` }))).toEqual([]);
      expect(names(await list({ prefix: prefix.toUpperCase() }))).toEqual([]);
    });

    test('lists every bucket when none is named', async () => {
      const name = await newCollection();
      const listing = await list({ bucket: null, prefix: name, first: null, after: null });
      expect(names(listing)).toEqual([name]);
    });

    test('has nothing of a bucket without collections that begin so', async () => {
      const listing = await list({ prefix: freshName('nothing') });
      expect(listing).toMatchObject({ edges: [], nodes: [], pageInfo: { hasNextPage: false } });
    });

    test.each<[args: Variables, code: string, argument: string]>([
      [{ first: 0 }, 'BAD_USER_INPUT', 'first'],
      [{ first: 1_001 }, 'LIMIT_EXCEEDED', 'first'],
      [{ after: 'nonsense' }, 'BAD_USER_INPUT', 'after'],
      [{ after: cursorOf(['a', '\u0000']) }, 'BAD_USER_INPUT', 'after'],
      [{ bucket: 'a\u0000' }, 'BAD_USER_INPUT', 'bucket'],
      [{ prefix: '\uD800' }, 'BAD_USER_INPUT', 'prefix'],
    ])('refuses %j', async (args, code, argument) => {
      expect(await refusalOf(listDocument, args)).toEqual({ code, argument });
    });
  });
}

const cursorOf = (position: unknown): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

interface Listing {
  readonly edges: readonly { readonly cursor: string; readonly node: unknown }[];
  readonly nodes: readonly { readonly name: string }[];
  readonly coverage: unknown;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Whole {
  readonly createdAt: string;
  readonly shards: readonly {
    readonly pod: string;
    readonly slotCount: number;
    readonly count: number;
    readonly bytes: number;
  }[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

export const oneDocument = /* GraphQL */ `
  query ($name: String!, $bucket: String) {
    vectorCollection(name: $name, bucket: $bucket) {
      bucket
      name
      dimension
      metric
      elementType
      nonFilterableKeys
      createdAt
      count
      indexes {
        method
      }
      shards {
        pod
        slotCount
        count
        bytes
      }
    }
  }
`;

export const listDocument = /* GraphQL */ `
  query ($bucket: String, $prefix: String, $first: Int, $after: String) {
    vectorCollections(bucket: $bucket, prefix: $prefix, first: $first, after: $after) {
      edges {
        cursor
        node {
          bucket
          name
          count
        }
      }
      nodes {
        name
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      coverage {
        fraction
        failures {
          pod
        }
      }
    }
  }
`;
