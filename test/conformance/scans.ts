import { byBytes, row, speakTo, unicodeKeys, type Subject, type Variables } from './subject.ts';

export function scans(subject: () => Subject): void {
  const { ask, refusalOf, newCollection, count } = speakTo(subject);

  const scan = async (collection: string, args: Variables = {}): Promise<Connection> =>
    (await ask<{ scanVectors: Connection }>(scanDocument, { collection, ...args })).scanVectors;

  const keysIn = async (collection: string, args: Variables = {}): Promise<string[]> =>
    (await scan(collection, args)).nodes.map((node) => node.key);

  /** Every page of a scan, one after the other. */
  async function pages(collection: string, args: Variables): Promise<string[][]> {
    const found: string[][] = [];
    let after: string | null = null;
    do {
      const page: Connection = await scan(collection, { ...args, after });
      found.push(page.nodes.map((node) => node.key));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return found;
  }

  describe('a scan', () => {
    test('gives every record once, by the bytes of its key, page by page', async () => {
      const keys = [...unicodeKeys, ...Array.from({ length: 28 }, (_, i) => `k${i}`)];
      const collection = await newCollection(keys.map((key) => ({ key, vector: [1, 0, 0, 0] })));

      expect(await keysIn(collection)).toEqual(byBytes(keys));
      const found = await pages(collection, { first: 7 });
      expect(found.flat()).toEqual(byBytes(keys));
      expect(found.map((page) => page.length)).toEqual([7, 7, 7, 7, 7, 5]);
      const even = await pages(collection, { first: 20 });
      expect(even.map((page) => page.length)).toEqual([20, 20]);
    });

    test('gives whole records, with a cursor each', async () => {
      const { bucket } = subject();
      const collection = await newCollection(row(3));
      const page = await scan(collection, { first: 2 });

      expect(page.nodes).toEqual(
        [1, 2].map((n) => ({
          bucket,
          collection,
          key: String(n),
          vector: [n, 0, 0, 0],
          metadata: { n },
        })),
      );
      expect(page.edges.map((edge) => edge.node)).toEqual(page.nodes.map(({ key }) => ({ key })));
      expect(page.pageInfo).toEqual({
        hasNextPage: true,
        hasPreviousPage: false,
        startCursor: page.edges[0]!.cursor,
        endCursor: page.edges[1]!.cursor,
      });
    });

    test('goes on after any of its cursors', async () => {
      const collection = await newCollection(row(5));
      const { edges } = await scan(collection);
      for (const [i, { cursor }] of edges.entries()) {
        const rest = ['1', '2', '3', '4', '5'].slice(i + 1);
        expect(await keysIn(collection, { after: cursor })).toEqual(rest);
      }
    });

    test('of nothing is an empty page', async () => {
      expect(await scan(await newCollection())).toEqual({
        edges: [],
        nodes: [],
        pageInfo: {
          hasNextPage: false,
          hasPreviousPage: false,
          startCursor: null,
          endCursor: null,
        },
      });
    });

    test('filters', async () => {
      const collection = await newCollection(row(9));
      const filter = { n: { $gt: 3 } };
      expect(await pages(collection, { filter, first: 4 })).toEqual([
        ['4', '5', '6', '7'],
        ['8', '9'],
      ]);
    });

    test('has a hundred records a page when nothing else is said', async () => {
      const collection = await newCollection(row(101));
      const unset = { first: null, after: null, filter: null, segment: null };
      const page = await scan(collection, unset);
      expect(page.nodes).toHaveLength(100);
      expect(page.pageInfo.hasNextPage).toBe(true);
    });

    test('has a thousand records a page at most', async () => {
      const collection = await newCollection(row(1_000));
      const page = await scan(collection, { first: 1_000 });
      expect(page.nodes.map((node) => node.key)).toEqual(byBytes(row(1_000).map((r) => r.key)));
      expect(page.pageInfo.hasNextPage).toBe(false);
    });

    test.each([1, 3, 64])('of %i segments gives every record in exactly one', async (of) => {
      const records = row(150);
      const collection = await newCollection(records);

      const segments: string[][] = [];
      for (let index = 0; index < of; index++) {
        segments.push((await pages(collection, { segment: { index, of }, first: 40 })).flat());
      }
      for (const segment of segments) expect(segment).toEqual(byBytes(segment));
      expect(byBytes(segments.flat())).toEqual(byBytes(records.map((record) => record.key)));
      const filled = segments.filter((segment) => segment.length > 0);
      expect(filled.length).toBeGreaterThanOrEqual(Math.min(of, 3));
    });

    test.each(['nonsense', '1', 'WzFd', '{}'])('does not begin after "%s"', async (after) => {
      const collection = await newCollection(row(2));
      expect(await refusalOf(scanDocument, { collection, after })).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'after',
      });
    });
  });

  describe('a count', () => {
    test('is of all records, or of those that pass a filter', async () => {
      const collection = await newCollection(row(9));
      expect(await count(collection)).toBe(9);
      expect(await count(collection, null)).toBe(9);
      expect(await count(collection, {})).toBe(9);
      expect(await count(collection, { n: { $gte: 7 } })).toBe(3);
      expect(await count(collection, { n: 'seven' })).toBe(0);
      expect(await count(await newCollection())).toBe(0);
    });
  });
}

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: unknown }[];
  readonly nodes: readonly { readonly key: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export const scanDocument = /* GraphQL */ `
  query (
    $collection: String!
    $bucket: String
    $filter: VectorFilter
    $first: Int
    $after: String
    $segment: VectorSegment
    $orderBy: [VectorOrder!]
  ) {
    scanVectors(
      collection: $collection
      bucket: $bucket
      filter: $filter
      first: $first
      after: $after
      segment: $segment
      orderBy: $orderBy
    ) {
      edges {
        cursor
        node {
          key
        }
      }
      nodes {
        bucket
        collection
        key
        vector
        metadata
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`;
