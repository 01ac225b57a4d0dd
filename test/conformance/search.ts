import {
  byBytes,
  keysOf,
  row,
  searchDocument,
  speakTo,
  unicodeKeys,
  type Subject,
} from './subject.ts';

const origin = { vector: [0, 0, 0, 0] };
const start = { vector: [1, 0, 0, 0] };

export function searches(subject: () => Subject): void {
  const { ask, execute, newCollection, search, nearest } = speakTo(subject);

  describe('the window of a search', () => {
    test('k and offset cut pages, and hasMore says whether another follows', async () => {
      const collection = await newCollection(row(5));
      const page = async (k: number, offset: number) => {
        const result = await search(collection, { near: origin, k, offset });
        return [keysOf(result).join(), result.hasMore];
      };

      expect(await page(2, 0)).toEqual(['1,2', true]);
      expect(await page(2, 2)).toEqual(['3,4', true]);
      expect(await page(2, 4)).toEqual(['5', false]);
      expect(await page(2, 5)).toEqual(['', false]);
      expect(await page(5, 0)).toEqual(['1,2,3,4,5', false]);
      expect(await page(4, 0)).toEqual(['1,2,3,4', true]);
    });

    test('maxDistance keeps what is exactly as far, and nothing behind it', async () => {
      const collection = await newCollection(row(6));
      const result = await search(collection, { near: origin, k: 5, maxDistance: 3 });

      expect(keysOf(result)).toEqual(['1', '2', '3']);
      expect(result.hasMore).toBe(false);
      // A full page: what would come next is too far, or is not.
      const full = { near: origin, maxDistance: 3 };
      expect((await search(collection, { ...full, k: 3 })).hasMore).toBe(false);
      expect((await search(collection, { ...full, k: 2 })).hasMore).toBe(true);
      const second = { near: origin, k: 2, offset: 1, maxDistance: 3 };
      expect(await nearest(collection, second)).toEqual(['2', '3']);
      expect(await nearest(collection, { near: origin, maxDistance: 0.5 })).toEqual([]);
    });

    test('maxDistance is a distance, so below zero for INNER_PRODUCT', async () => {
      const collection = await newCollection(row(5), { metric: 'INNER_PRODUCT' });
      expect(await nearest(collection, { near: start, maxDistance: -4 })).toEqual(['5', '4']);
    });

    test('equal distances are ordered by the bytes of the key, on every page', async () => {
      const keys = [...unicodeKeys, ...Array.from({ length: 40 }, (_, i) => `k${i}`)];
      const collection = await newCollection(keys.map((key) => ({ key, vector: [1, 1, 1, 1] })));

      const all = await nearest(collection, { near: origin, k: 100 });
      expect(all).toEqual(byBytes(keys));
      const paged: string[] = [];
      for (let offset = 0; offset < keys.length; offset += 7) {
        paged.push(...(await nearest(collection, { near: origin, k: 7, offset })));
      }
      expect(paged).toEqual(all);
    });

    test('a collection without records has no matches', async () => {
      const result = await search(await newCollection(), { near: origin });
      expect(result).toMatchObject({ matches: [], hasMore: false });
    });

    test('the widest window is served', async () => {
      const collection = await newCollection(row(12));
      expect(await nearest(collection, { near: origin, k: 9_990, offset: 10 })).toEqual([
        '11',
        '12',
      ]);
    });
  });

  describe('what a search says of itself', () => {
    test('coverage, cache, profile and time', async () => {
      const { shards } = subject();
      const collection = await newCollection(row(5));
      const { searchVectors } = await ask<{ searchVectors: object }>(selfPortrait, { collection });

      expect(searchVectors).toEqual({
        coverage: {
          fraction: 1,
          shardCount: shards.length,
          answeredCount: shards.length,
          failures: [],
        },
        cache: { outcome: 'BYPASS', ageMs: null },
        profile: expect.any(Array),
        tookMs: expect.any(Number),
      });
      const { profile } = searchVectors as { profile: readonly Profile[] };
      expect(byBytes(profile.map((shard) => shard.pod))).toEqual(shards);
      for (const shard of profile) {
        expect(shard).toMatchObject({
          plan: 'EXACT',
          exactReason: 'NO_INDEX',
          truncated: false,
          attempts: 1,
          hedged: false,
        });
        expect(shard.tookMs).toBeGreaterThanOrEqual(0);
      }
      expect(profile.reduce((sum, shard) => sum + shard.rowCount, 0)).toBe(5);
    });

    test('two searches of one request fail and succeed apart', async () => {
      const collection = await newCollection(row(2));
      const { data, errors } = await execute(twoSearches, { collection });

      expect(data).toEqual({ bad: null, good: { matches: [{ record: { key: '1' } }] } });
      expect(errors).toHaveLength(1);
      expect(errors![0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argument: 'k' } });
    });
  });

  describe('null', () => {
    test('every argument given as null means its default', async () => {
      const collection = await newCollection(row(12));
      const unset = { k: null, offset: null, filter: null, maxDistance: null, options: null };
      const result = await search(collection, { near: origin, ...unset });

      expect(keysOf(result)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
      expect(result).toMatchObject({ hasMore: true, metric: 'L2' });
    });

    test('every option given as null means its default', async () => {
      const collection = await newCollection(row(12));
      const options = {
        metric: null,
        mode: null,
        efSearch: null,
        probes: null,
        minCoverage: null,
        timeoutMs: null,
        cache: null,
      };
      expect(await nearest(collection, { near: origin, options })).toHaveLength(10);
    });

    test('the bucket given as null is vecs', async () => {
      const collection = await newCollection();
      const { errors } = await execute(searchDocument, { collection, bucket: null, near: origin });
      expect(errors).toEqual([
        expect.objectContaining({
          extensions: expect.objectContaining({
            code: 'COLLECTION_NOT_FOUND',
            bucket: 'vecs',
            collection,
          }),
        }),
      ]);
    });
  });
}

interface Profile {
  readonly pod: string;
  readonly rowCount: number;
  readonly tookMs: number;
}

const selfPortrait = /* GraphQL */ `
  query ($collection: String!, $bucket: String) {
    searchVectors(
      collection: $collection
      bucket: $bucket
      near: { vector: [0, 0, 0, 0] }
      options: { cache: false, minCoverage: 1, timeoutMs: 20000 }
    ) {
      coverage {
        fraction
        shardCount
        answeredCount
        failures {
          pod
          code
          message
        }
      }
      cache {
        outcome
        ageMs
      }
      profile {
        pod
        plan
        exactReason
        tookMs
        rowCount
        truncated
        attempts
        hedged
      }
      tookMs
    }
  }
`;

const twoSearches = /* GraphQL */ `
  query ($collection: String!, $bucket: String) {
    bad: searchVectors(collection: $collection, bucket: $bucket, near: { key: "1" }, k: 0) {
      hasMore
    }
    good: searchVectors(collection: $collection, bucket: $bucket, near: { key: "2" }) {
      matches {
        record {
          key
        }
      }
    }
  }
`;
