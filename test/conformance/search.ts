import { metrics, type Metric } from '../../schema/metric.ts';
import {
  base64,
  byBytes,
  keysOf,
  row,
  scattered,
  speakTo,
  unicodeKeys,
  type Subject,
} from './subject.ts';

const origin = { vector: [0, 0, 0, 0] };
const start = { vector: [1, 0, 0, 0] };

export function searches(subject: () => Subject): void {
  const { ask, execute, refusalOf, newCollection, search, nearest } = speakTo(subject);

  describe('distances and scores', () => {
    const records = scattered(40, 4);
    const target = [0.5, -1.25, 2, 0.75];

    test.each(metrics)('%s is what arithmetic says', async (metric) => {
      const collection = await newCollection(records, { metric });
      const { matches, metric: used } = await search(collection, {
        near: { vector: target },
        k: 40,
      });

      const expected = records
        .map(({ key, vector }) => ({ key, distance: distanceOf(metric, vector, target) }))
        .sort((a, b) => a.distance - b.distance);
      expect(used).toBe(metric);
      expect(matches.map((match) => match.record.key)).toEqual(expected.map(({ key }) => key));
      matches.forEach(({ distance, score }, i) => {
        expect(distance).toBeCloseTo(expected[i]!.distance, 5);
        expect(score).toBeCloseTo(scoreFrom(metric, distance), 10);
      });
    });

    test.each(metrics)(
      'a search can ask for %s in a collection of another metric',
      async (metric) => {
        const collection = await newCollection(records, { metric: 'COSINE' });
        const result = await search(collection, { near: { vector: target }, options: { metric } });

        const distances = records.map(({ vector }) => distanceOf(metric, vector, target));
        expect(result.metric).toBe(metric);
        expect(result.matches).toHaveLength(10);
        expect(result.matches[0]!.distance).toBeCloseTo(Math.min(...distances), 5);
      },
    );

    test('the distance of a record to itself is 0, never -0', async () => {
      const collection = await newCollection([{ key: 'a', vector: [0, 0, 0, 0] }]);
      for (const metric of ['L2', 'L1', 'INNER_PRODUCT']) {
        const [match] = (await search(collection, { near: origin, options: { metric } })).matches;
        expect(match!.distance).toBe(0);
        expect(Object.is(match!.score, -0)).toBe(false);
      }
    });

    test('records without a direction are no matches of a COSINE search', async () => {
      const zero = { key: 'zero', vector: [0, 0, 0, 0] };
      const collection = await newCollection([zero, ...row(2)], { metric: 'L2' });

      const options = { metric: 'COSINE' };
      expect(await nearest(collection, { near: start, options })).toEqual(['1', '2']);
      expect(await nearest(collection, { near: start })).toEqual(['1', '2', 'zero']);
    });

    test('distances that overflow are no matches and take no place of others', async () => {
      const far = ['a', 'b', 'c'].map((key) => ({ key, vector: [3e38, 0, 0, 0] }));
      const collection = await newCollection([...far, ...row(3)], { metric: 'INNER_PRODUCT' });

      const result = await search(collection, { near: { vector: [1e20, 0, 0, 0] }, k: 3 });
      expect(keysOf(result)).toEqual(['3', '2', '1']);
      expect(result.hasMore).toBe(false);
    });
  });

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

  describe('near', () => {
    test('a stored record is near by its key and left out itself', async () => {
      const twin = { key: 'twin', vector: [2, 0, 0, 0] };
      const collection = await newCollection([...row(4), twin]);

      const result = await search(collection, { near: { key: '2' }, k: 3 });
      expect(keysOf(result)).toEqual(['twin', '1', '3']);
      expect(result).toMatchObject({ hasMore: true, matches: [{ distance: 0 }, {}, {}] });
      const rest = await search(collection, { near: { key: '2' }, k: 3, offset: 3 });
      expect(keysOf(rest)).toEqual(['4']);
      expect(rest.hasMore).toBe(false);
    });

    test('every record finds its neighbours, whichever shard it lives on', async () => {
      const collection = await newCollection(row(12));
      for (let n = 2; n < 12; n++) {
        const found = await nearest(collection, { near: { key: String(n) }, k: 2 });
        expect(found).toEqual(byBytes([String(n - 1), String(n + 1)]));
      }
    });

    test('a vector is a list or base64, in variables or in the query', async () => {
      const collection = await newCollection(row(3));
      const target = [2.25, 0, 0, 0];
      expect(await nearest(collection, { near: { vector: target } })).toEqual(['2', '3', '1']);
      expect(await nearest(collection, { near: { vector: base64(target) } })).toEqual([
        '2',
        '3',
        '1',
      ]);
      for (const inline of ['[2.25, 0, 0, 0]', `"${base64(target)}"`]) {
        const { searchVectors } = await ask<{ searchVectors: unknown }>(
          `query ($collection: String!, $bucket: String) {
            searchVectors(collection: $collection, bucket: $bucket, k: 1, near: { vector: ${inline} }) {
              matches { record { key } }
            }
          }`,
          { collection },
        );
        expect(searchVectors).toEqual({ matches: [{ record: { key: '2' } }] });
      }
    });

    test('a text is near by its embedding', async () => {
      const unit = (i: number) => Array.from({ length: 256 }, (_, at) => (at === i ? 1 : 0));
      const records = Array.from({ length: 256 }, (_, i) => ({ key: `d${i}`, vector: unit(i) }));
      const collection = await newCollection(records, { dimension: 256, metric: 'COSINE' });

      const near = { text: 'how are shards merged?' };
      const { matches } = await search(collection, { near, k: 3 });
      expect(matches).toHaveLength(3);
      expect(matches[0]!.score).toBeGreaterThan(0);
      expect(await nearest(collection, { near, k: 3 })).toEqual(
        matches.map((match) => match.record.key),
      );
    });

    test.each<[title: string, near: object, argument: string]>([
      ['nothing', {}, 'near'],
      ['nothing but nulls', { vector: null, key: null, text: null }, 'near'],
      ['two things', { vector: [1, 0, 0, 0], key: '1' }, 'near'],
      ['a key without a record', { key: 'nobody' }, 'near.key'],
    ])('%s to be near to is refused', async (_, near, argument) => {
      const collection = await newCollection(row(1));
      expect(await refusalOf(searchOnly, { collection, near })).toEqual({
        code: 'BAD_USER_INPUT',
        argument,
      });
    });

    test('a field that is null is a field that is absent', async () => {
      const collection = await newCollection(row(2));
      const near = { vector: null, key: '1', text: null };
      expect(await nearest(collection, { near })).toEqual(['2']);
    });
  });

  describe('what a search says of itself', () => {
    test('coverage, cache, profile and time', async () => {
      const { pods } = subject();
      const collection = await newCollection(row(5));
      const { searchVectors } = await ask<{ searchVectors: object }>(selfPortrait, { collection });

      expect(searchVectors).toEqual({
        coverage: {
          fraction: 1,
          shardCount: pods.length,
          answeredCount: pods.length,
          failures: [],
        },
        cache: { outcome: 'BYPASS', ageMs: null },
        profile: expect.any(Array),
        tookMs: expect.any(Number),
      });
      const { profile } = searchVectors as { profile: readonly Profile[] };
      expect(byBytes(profile.map((shard) => shard.pod))).toEqual(pods);
      for (const shard of profile) {
        expect(shard).toMatchObject({
          plan: 'EXACT',
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
      const { errors } = await execute(searchOnly, { collection, bucket: null, near: origin });
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

export const searchOnly = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $near: VectorNear!) {
    searchVectors(collection: $collection, bucket: $bucket, near: $near) {
      hasMore
    }
  }
`;

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

function distanceOf(metric: Metric, a: readonly number[], b: readonly number[]): number {
  const sum = (term: (x: number, y: number) => number): number =>
    a.reduce((total, x, i) => total + term(x, b[i]!), 0);
  const product = sum((x, y) => x * y);
  switch (metric) {
    case 'COSINE':
      return 1 - product / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
    case 'L2':
      return Math.sqrt(sum((x, y) => (x - y) ** 2));
    case 'INNER_PRODUCT':
      return -product;
    case 'L1':
      return sum((x, y) => Math.abs(x - y));
    default:
      return metric satisfies never;
  }
}

function scoreFrom(metric: Metric, distance: number): number {
  if (metric === 'COSINE') return 1 - distance;
  return metric === 'INNER_PRODUCT' ? -distance : 1 / (1 + distance);
}
