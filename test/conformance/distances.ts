import { metrics, type Metric } from '../../schema/metric.ts';
import { keysOf, row, scattered, speakTo, type Subject } from './subject.ts';

const origin = { vector: [0, 0, 0, 0] };
const start = { vector: [1, 0, 0, 0] };

export function distances(subject: () => Subject): void {
  const { newCollection, search, nearest } = speakTo(subject);

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

        const all = records.map(({ vector }) => distanceOf(metric, vector, target));
        expect(result.metric).toBe(metric);
        expect(result.matches).toHaveLength(10);
        expect(result.matches[0]!.distance).toBeCloseTo(Math.min(...all), 5);
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
}

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
