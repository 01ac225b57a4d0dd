import type { SearchAnswer, ShardProfile } from '../../../subgraphs/store.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import { errors } from '../../../schema/errors.ts';
import type { Database } from '../../../subgraphs/postgres/database.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../../subgraphs/postgres/postgres-store.ts';
import { onReal, testDatabases } from '../../support/databases.ts';
import { nearestFirst, referenceRecords } from '../../support/reference-records.ts';
import { during, indexIn, silent } from '../../support/store-calls.ts';
import { fill, openPod, queryOf, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

const single = { pod: 'pod-a', logger: silent, connectionsMax: 1 };

const keysOf = (answer: SearchAnswer): string[] => answer.matches.map(({ key }) => key);
const profileOf = (answer: SearchAnswer): ShardProfile => answer.shards[0] as ShardProfile;

/** Points on a line, the nearest to the origin first. */
const line = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    key: `k${i}`,
    vector: [i + 1, 0, 0, 0],
    metadata: { even: i % 2 === 0, tenth: i % 10 },
  }));

const build = (collection: string, method: 'HNSW' | 'IVFFLAT') =>
  during((call) =>
    pod.store.createIndex(indexIn(pod.bucket, collection, { method, ifNotExists: false }), call),
  );

describe('a search in a small collection', () => {
  const name = 'reference';
  beforeAll(() => fill(pod, specOf(pod, name), referenceRecords));

  const search = (near: number[], more = {}) =>
    during((call) => pod.store.search(queryOf(specOf(pod, name), near, more), call));

  test('gives the nearest records, and equal distances in key order', async () => {
    const answer = await search([1, 2, 3, 4]);

    expect(answer.matches.map(({ key, distance }) => [key, Number(distance.toFixed(6))])).toEqual(
      nearestFirst,
    );
    expect(answer).toMatchObject({ hasMore: false, placementVersion: 1 });
    expect(profileOf(answer)).toMatchObject({ pod: 'pod-a', plan: 'EXACT', rowCount: 10 });
  });

  test('says that there is more behind the last match', async () => {
    const answer = await search([1, 2, 3, 4], { limit: 4 });
    expect(keysOf(answer)).toEqual(['8', '9', '7', '4']);
    expect(answer.hasMore).toBe(true);
  });

  test('leaves out the record it searches by and still fills the page', async () => {
    const answer = await search([2, 2, 2, 2], { limit: 9, exclude: '8' });
    expect(keysOf(answer)).toHaveLength(9);
    expect(keysOf(answer)).not.toContain('8');
    expect(answer.hasMore).toBe(false);
  });

  test('gives the metadata, the chosen keys of it, or the vector: what was selected', async () => {
    const nearest = async (select: object) =>
      (await search([2, 2, 2, 1], { limit: 1, select })).matches[0];

    expect(await nearest({ metadata: 'all', vector: false })).toMatchObject({
      metadata: { year: 2019 },
    });
    expect(await nearest({ metadata: ['year', 'none'], vector: true })).toMatchObject({
      metadata: { year: 2019 },
      vector: Float32Array.from([2, 2, 2, 1]),
    });
    expect(await nearest({ metadata: ['none'], vector: false })).toMatchObject({ metadata: {} });
  });

  test('finds nothing when the filter matches nothing, and still tells the version', async () => {
    const filter = { kind: 'eq', path: ['year'], value: 1 };
    expect(await search([0, 0, 0, 0], { filter })).toMatchObject({
      matches: [],
      hasMore: false,
      placementVersion: 1,
    });
  });

  test('is refused when the vector has another dimension', async () => {
    await expect(search([1, 2, 3])).rejects.toMatchObject({
      extensions: { code: 'DIMENSION_MISMATCH', argument: 'near.vector' },
    });
  });
});

describe('a search with an HNSW index', () => {
  const name = 'hnsw';
  beforeAll(async () => {
    await fill(pod, specOf(pod, name), line(3_000));
    await build(name, 'HNSW');
  });

  const search = (more = {}) =>
    during((call) => pod.store.search(queryOf(specOf(pod, name), [0, 0, 0, 0], more), call));
  const nearest = (count: number, of = line(3_000)) => of.slice(0, count).map(({ key }) => key);

  test('uses it, and gives more rows than ef_search when more are asked for', async () => {
    const answer = await search({ limit: 100, efSearch: 40 });
    expect(keysOf(answer)).toEqual(nearest(100));
    expect(profileOf(answer)).toMatchObject({ plan: 'HNSW', truncated: false });
  });

  test('gives more than a thousand rows', async () => {
    const answer = await search({ limit: 1_500 });
    expect(keysOf(answer)).toEqual(nearest(1_500));
    expect(answer.hasMore).toBe(true);
  });

  test('fills the page when a filter leaves a tenth of the rows', async () => {
    const filter = { kind: 'eq', path: ['tenth'], value: 7 };
    const answer = await search({ limit: 50, filter });
    const expected = line(3_000).filter(({ metadata }) => metadata.tenth === 7);
    expect(keysOf(answer)).toEqual(nearest(50, expected));
  });

  test('scans exactly when asked to, or when the metric has no index', async () => {
    expect(profileOf(await search({ mode: 'EXACT' })).plan).toBe('EXACT');
    const other = await search({ mode: 'INDEX', metric: 'L1' });
    expect(profileOf(other).plan).toBe('EXACT');
    expect(keysOf(other)).toEqual(nearest(10));
  });

  test('gives all there is, exactly, when that is less than was asked for', async () => {
    const answer = await search({ limit: 5_000 });
    expect(keysOf(answer)).toEqual(nearest(3_000));
    expect(profileOf(answer)).toMatchObject({ plan: 'EXACT', truncated: false });
  });

  test('says that it may be short when there was no time for an exact scan', async () => {
    const database = openDatabase({ ...testDatabases()[0]!, pod: 'pod-a', logger: silent });
    const hurried: Database = {
      ...database,
      query: (statement, call) =>
        statement.text.includes('+ 0')
          ? Promise.reject(errors.deadlineExceeded(1))
          : database.query(statement, call),
    };
    const limits = defaultLimits;
    const store = await openPostgresStore({
      database: hurried,
      pod: 'pod-a',
      limits,
      logger: silent,
    });
    const query = queryOf(specOf(pod, name), [0, 0, 0, 0], { limit: 4_000 });

    const answer = await during((call) => store.search(query, call));

    expect(profileOf(answer)).toMatchObject({ plan: 'HNSW', truncated: true });
    expect(keysOf(answer).slice(0, 100)).toEqual(nearest(100));
    await store.close();
  });

  test('leaves the settings of the session as they were', async () => {
    await search({ limit: 100, efSearch: 500 });
    const [row] = await during((call) =>
      pod.database.query<{ ef: string }>(
        { text: `select current_setting('hnsw.ef_search', true) as ef`, values: [] },
        call,
      ),
    );
    expect(['', '40', null]).toContain(row!.ef);
  });

  onReal(
    'still uses it when its prepared statement has got a plan for all parameters',
    async () => {
      const database = openDatabase({ ...testDatabases()[0]!, ...single });
      const limits = defaultLimits;
      const store = await openPostgresStore({ database, pod: 'pod-a', limits, logger: silent });
      const query = queryOf(specOf(pod, name), [0, 0, 0, 0], { efSearch: 40 });
      for (let i = 0; i < 8; i++) await during((call) => store.search(query, call));

      const run = <Row>(text: string) =>
        during((call) => database.query<Row>({ text, values: [] }, call));
      const [prepared] = await run<{ name: string; generic: number }>(
        `select name, generic_plans as generic from pg_prepared_statements where statement like '%<->%'`,
      );
      const plan = await run<Record<string, string>>(
        `explain execute ${prepared!.name}('${pod.bucket}', '${name}', '[0,0,0,0]',
        'hnsw.ef_search', '40', 'hnsw.iterative_scan', 'off')`,
      );
      await store.close();

      expect(prepared!.generic).toBeGreaterThan(0);
      const text = plan.map((row) => row['QUERY PLAN']).join('\n');
      expect(text).toMatch(
        /One-Time Filter: \(\(InitPlan 1\).*\n.*Index Scan using quiver_\w+_hnsw_l2/,
      );
    },
  );
});

test('a search with an IVFFlat index fills the page', async () => {
  await fill(pod, specOf(pod, 'ivfflat'), line(2_000));
  await build('ivfflat', 'IVFFLAT');

  const answer = await during((call) =>
    pod.store.search(queryOf(specOf(pod, 'ivfflat'), [0, 0, 0, 0], { limit: 200 }), call),
  );

  expect(keysOf(answer)).toEqual(line(200).map(({ key }) => key));
});

test('rows without a finite distance are no matches and take no place', async () => {
  const spec = specOf(pod, 'infinite', { metric: 'INNER_PRODUCT', dimension: 2 });
  await fill(pod, spec, [
    { key: 'huge', vector: [3e38, 3e38], metadata: {} },
    { key: 'one', vector: [1, 0], metadata: {} },
    { key: 'zero', vector: [0, 0], metadata: {} },
  ]);

  const search = (near: number[], more = {}) =>
    during((call) => pod.store.search(queryOf(spec, near, more), call));

  expect(keysOf(await search([3e38, 3e38], { limit: 1 }))).toEqual(['one']);
  expect(keysOf(await search([1, 0], { metric: 'COSINE' }))).toEqual(['one', 'huge']);
  const [zero] = (await search([0, 0], { limit: 1 })).matches;
  expect(Object.is(zero!.distance, 0)).toBe(true);
});

test('half vectors are stored, found and given back', async () => {
  const spec = specOf(pod, 'half', { elementType: 'FLOAT16', dimension: 3 });
  await fill(pod, spec, [{ key: 'a', vector: [1, 2, 3], metadata: {} }]);
  const answer = await during((call) =>
    pod.store.search(
      queryOf(spec, [1, 2, 5], { select: { metadata: 'none', vector: true } }),
      call,
    ),
  );
  expect(answer.matches).toEqual([
    { key: 'a', distance: 2, metadata: undefined, vector: Float32Array.from([1, 2, 3]) },
  ]);
});

test('keys order as bytes among equal distances', async () => {
  const spec = specOf(pod, 'bytes', { dimension: 1 });
  const keys = ['\u{1f600}', '\uff5e', 'ä', 'z', 'Z', 'a\u0301'];
  await fill(
    pod,
    spec,
    keys.map((key) => ({ key, vector: [1], metadata: {} })),
  );
  const answer = await during((call) => pod.store.search(queryOf(spec, [1]), call));
  expect(keysOf(answer)).toEqual(['Z', 'a\u0301', 'z', 'ä', '\uff5e', '\u{1f600}']);
});

test('thousands of matches come whole and in order, with all that was selected', async () => {
  const spec = specOf(pod, 'thousands');
  const records = line(2_500);
  await fill(pod, spec, records);

  const select = { metadata: ['tenth'], vector: true };
  const answer = await during((call) =>
    pod.store.search(queryOf(spec, [0, 0, 0, 0], { limit: 2_400, select }), call),
  );

  expect(profileOf(answer)).toMatchObject({ plan: 'EXACT', rowCount: 2_400 });
  expect(answer.hasMore).toBe(true);
  expect(answer.matches).toEqual(
    records.slice(0, 2_400).map(({ key, vector, metadata: { tenth } }, i) => ({
      key,
      distance: i + 1,
      metadata: { tenth },
      vector: Float32Array.from(vector),
    })),
  );
});
