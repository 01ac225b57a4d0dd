import fc from 'fast-check';
import type { Filter } from '../../../schema/filter.ts';
import type { SearchAnswer, SearchQuery, ShardProfile } from '../../../subgraphs/store.ts';
import { createRandom } from '../../bench/random.ts';
import { during, indexIn } from '../../support/store-calls.ts';
import { fill, openPod, queryOf, specOf, type OpenPod } from './open-pod.ts';

const rowCount = 4_000;
let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
  await fillIndexed('points', points);
});
afterAll(() => pod.close());

interface Point {
  readonly key: string;
  readonly vector: number[];
  readonly metadata: { readonly x: number; readonly nth: number; readonly rare: string };
}

const random = createRandom(7);

/** In a cube of side 1; `x` orders them as the first axis does, `rare` is one of 400 by it. */
const points: readonly Point[] = Array.from({ length: rowCount }, (_, i) => {
  const vector = Array.from({ length: 4 }, () => Math.fround(random()));
  const x = vector[0]!;
  return { key: `k${i}`, vector, metadata: { x, nth: i, rare: `r${Math.floor(x * 400)}` } };
});

async function fillIndexed(name: string, records: readonly Point[]): Promise<void> {
  await fill(pod, specOf(pod, name), records);
  await during((call) => pod.store.createIndex(indexIn(pod.bucket, name), call));
  await analyze(name);
}

const analyze = (name: string) =>
  during((call) =>
    pod.database.query({ text: `analyze "${pod.bucket}"."${name}"`, values: [] }, call),
  );

const search = (more: Partial<SearchQuery>, name = 'points'): Promise<SearchAnswer> =>
  during((call) => pod.store.search(queryOf(specOf(pod, name), [0, 0, 0, 0], more), call));

const wayOf = ({ shards }: SearchAnswer) => {
  const { plan, exactReason } = shards[0] as ShardProfile;
  return exactReason ?? plan;
};
const keysOf = ({ matches }: SearchAnswer): string[] => matches.map(({ key }) => key);

const distanceTo = (origin: readonly number[]) => {
  return ({ vector }: Point): number =>
    vector.reduce((sum, x, i) => sum + (x - origin[i]!) ** 2, 0);
};

/** What an exact scan of those that match would give. */
function nearest(matching: (metadata: Point['metadata']) => boolean, count: number): string[] {
  const distance = distanceTo([0, 0, 0, 0]);
  return points
    .filter(({ metadata }) => matching(metadata))
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, count)
    .map(({ key }) => key);
}

const below = (path: string, value: number): Filter => ({ kind: 'lt', path: [path], value });
const rare = (value: string): Filter => ({ kind: 'eq', path: ['rare'], value });

describe('a filtered search', () => {
  test('scans the matches exactly when they are few, wherever they are', async () => {
    for (const value of ['r0', 'r200', 'r399']) {
      const answer = await search({ filter: rare(value) });
      expect(wayOf(answer)).toBe('FEW_MATCHES');
      expect(keysOf(answer)).toEqual(nearest((metadata) => metadata.rare === value, 10));
    }
  });

  test('goes by the index when they are many', async () => {
    const answer = await search({ filter: below('nth', 3_500) });
    expect(wayOf(answer)).toBe('HNSW');
    expect(keysOf(answer)).toEqual(nearest(({ nth }) => nth < 3_500, 10));
  });

  test('finds the matches that the index did not come near', async () => {
    const filter: Filter = { kind: 'gte', path: ['x'], value: 0.9 };
    for (const time of ['counted', 'remembered']) {
      const answer = await search({ filter });
      expect([time, wayOf(answer)]).toEqual([time, 'INDEX_FELL_SHORT']);
      expect(keysOf(answer)).toEqual(nearest(({ x }) => x >= 0.9, 10));
    }
  });

  test('goes the same way again without counting again', async () => {
    const filters = [rare('r17'), below('nth', 3_400)];
    const spy = jest.spyOn(pod.database, 'query');
    const searches = () => Promise.all(filters.map((filter) => search({ filter })));
    const countings = () =>
      spy.mock.calls.splice(0).filter(([{ text }]) => text.includes('from probe')).length;

    const first = await searches();
    expect(countings()).toBe(2);
    const second = await searches();
    expect(countings()).toBe(0);
    spy.mockRestore();

    expect(first.map(wayOf)).toEqual(['FEW_MATCHES', 'HNSW']);
    expect(second.map(wayOf)).toEqual(['FEW_MATCHES', 'HNSW']);
    expect(second.map(keysOf)).toEqual(first.map(keysOf));
  });

  test('goes the way that `mode` says', async () => {
    expect(wayOf(await search({ filter: below('nth', 3_500), mode: 'EXACT' }))).toBe('ASKED');
    expect(wayOf(await search({ filter: below('nth', 3_500), mode: 'INDEX' }))).toBe('HNSW');
  });

  test('says why it scanned when nobody asked it to', async () => {
    const filter = below('nth', 3_500);
    expect(wayOf(await search({ filter, metric: 'L1' }))).toBe('NO_INDEX');
    const all = await search({ filter, limit: 4_000, mode: 'INDEX' });
    expect(wayOf(all)).toBe('INDEX_FELL_SHORT');
    expect(keysOf(all).toSorted()).toEqual(nearest(({ nth }) => nth < 3_500, 4_000).toSorted());

    await fillIndexed('small', points.slice(0, 900));
    expect(wayOf(await search({ filter }, 'small'))).toBe('SMALL_TABLE');
  });

  test('finds all there is after what was counted has changed', async () => {
    await fillIndexed('changing', points);
    const filter = below('nth', 3_000);
    expect(wayOf(await search({ filter }, 'changing'))).toBe('HNSW');
    const target = { filter: { kind: 'gte', path: ['nth'], value: 5 } as const };
    const ref = { bucket: pod.bucket, collection: 'changing' };
    await during((call) => pod.store.delete({ ...ref, target, version: null }, call));

    expect(keysOf(await search({ filter }, 'changing'))).toEqual(nearest(({ nth }) => nth < 5, 10));
  });

  test('chooses in a table that nobody has counted yet', async () => {
    await fill(pod, specOf(pod, 'uncounted'), points);
    await during((call) => pod.store.createIndex(indexIn(pod.bucket, 'uncounted'), call));

    for (const [filter, matching] of [
      [rare('r9'), (metadata: Point['metadata']) => metadata.rare === 'r9'],
      [below('nth', 3_500), ({ nth }: Point['metadata']) => nth < 3_500],
    ] as const) {
      expect(keysOf(await search({ filter }, 'uncounted'))).toEqual(nearest(matching, 10));
    }
  });

  test('never gives fewer records than there are, and none that does not match', async () => {
    const bound = fc.double({ min: 0, max: 1, noNaN: true });
    const origin = fc.array(bound, { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        bound,
        bound,
        origin,
        fc.integer({ min: 1, max: 60 }),
        async (a, b, o, k) => {
          const [from, to] = a < b ? [a, b] : [b, a];
          const filter: Filter = {
            kind: 'and',
            parts: [{ kind: 'gte', path: ['x'], value: from }, below('x', to)],
          };
          const query = queryOf(specOf(pod, 'points'), o, { filter, limit: k });
          const { matches } = await during((call) => pod.store.search(query, call));
          const matching = points.filter(({ metadata: { x } }) => x >= from && x < to);
          const keys = new Set(matching.map(({ key }) => key));
          expect(matches).toHaveLength(Math.min(k, matching.length));
          expect(matches.every(({ key }) => keys.has(key))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test.each<[string, Filter, RegExp]>([
  ['equality of a string', rare('r3'), /Bitmap Index Scan on \S*metadata/],
  ['equality of a number', { kind: 'eq', path: ['nth'], value: 3 }, /Bitmap Index Scan/],
  ['$in', { kind: 'in', path: ['rare'], values: ['r1', 'r2'] }, /BitmapOr/],
  ['$contains', { kind: 'contains', path: ['list'], values: ['a'] }, /Bitmap Index Scan/],
])('%s is found by the index on the metadata', async (_, filter, plan) => {
  const query = queryOf(specOf(pod, 'points'), [0, 0, 0, 0], { filter, mode: 'EXACT' });
  const text = await explained(query);
  expect(text).toMatch(plan);
  expect(text).not.toMatch(/Seq Scan on points/);
});

/** How the statement that a search sends could be answered without reading the whole table. */
async function explained(query: SearchQuery): Promise<string> {
  const spy = jest.spyOn(pod.database, 'query');
  await during((call) => pod.store.search(query, call));
  const [{ text, values }] = spy.mock.calls.at(-1)!;
  spy.mockRestore();
  const rows = await during((call) =>
    pod.database.transaction(async (run) => {
      await run({ text: 'set local enable_seqscan = off', values: [] });
      return run<Record<string, string>>({ text: `explain ${text}`, values });
    }, call),
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}
