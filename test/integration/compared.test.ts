import { bodySchemas } from '../../gateway/vector-buckets/schemas.ts';
import { s3Limits } from '../../gateway/vector-buckets/limits.ts';
import { parseFilter } from '../../schema/filter-parser.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { scoreOf, type Metric } from '../../schema/metric.ts';
import { createParameters } from '../../subgraphs/postgres/sql/parameters.ts';
import { byBytes } from '../conformance/subject.ts';
import { freshBucket } from '../support/databases.ts';
import { runSql, vecsTableSql, vecsUpsertSql } from '../support/foreign-tables.ts';
import { openPage, spansOf } from '../support/page.ts';
import { during, searchIn } from '../support/store-calls.ts';
import { openGatewayServer } from '../support/subjects.ts';
import { clients, done } from '../support/vector-buckets.ts';
import { VecsFilterError, vecsCondition } from '../support/vecs-filter.ts';
import { openPodDatabase } from '../subgraphs/postgres/open-pod.ts';

const page = openPage('compared.md');
const bucket = freshBucket();
const database = openPodDatabase(0);
let gateway: Awaited<ReturnType<typeof openGatewayServer>>;
const inBucket = () => clients[0]![1](gateway.url).from(bucket);

/** The keys of the records, which are what they have under `v`, as JSON. */
const names = spansOf(/^The records are (.*)\. Each has/m.exec(page.sectionOf('Cases'))![1]!);
const cases = page.rowsUnder('Cases');

beforeAll(async () => {
  gateway = await openGatewayServer();
  await during((call) => gateway.store.createBucket(bucket, call));
  const rows = names.map((name) => {
    const metadata = name === 'missing' ? '{}' : `{"v": ${name}}`;
    return `('${name}', '[1]', '${metadata}')`;
  });
  await runSql([
    ...vecsTableSql(bucket, 'cases', 1),
    vecsUpsertSql(bucket, 'cases', rows.join()),
    ...vecsTableSql(bucket, 'points', 2),
    vecsUpsertSql(bucket, 'points', `('p', '[3,4]', '{}')`),
  ]);
});
afterAll(async () => {
  for (const collection of ['cases', 'points', 'cosine', 'euclidean']) {
    await during((call) => gateway.store.deleteCollection({ bucket, collection }, null, call));
  }
  await during((call) => gateway.store.deleteBucket(bucket, call));
  await database.close();
  await gateway.close();
});

type Filter = Readonly<Record<string, unknown>>;
type Ask = (filter: Filter) => Promise<readonly string[]>;

/** By the statement that vecs would send, less what it does with vectors. */
const askVecs: Ask = async (filter) => {
  const { values, add } = createParameters();
  const text = `select id from "${bucket}".cases where ${vecsCondition(filter, add)}`;
  const rows = await during((call) => database.query<{ id: string }>({ text, values }, call));
  return rows.map(({ id }) => id);
};

const askS3: Ask = async (filter) => {
  const query = { queryVector: { float32: [1] }, topK: 100, filter };
  const { vectors } = await done(inBucket().index('cases').queryVectors(query));
  return vectors.map(({ key }) => key);
};

const askQuiver: Ask = async (input) => {
  const filter = parseFilter(input, { argument: 'filter', limits: defaultLimits });
  const ref = { bucket, collection: 'cases', filter };
  const all = { limit: 100, orderBy: [], after: null, segment: { index: 0, of: 1 } };
  const select = { metadata: 'none', vector: false } as const;
  const { records } = await during((call) => gateway.store.scan({ ...ref, ...all, select }, call));
  expect(await during((call) => gateway.store.count(ref, call))).toBe(records.length);
  return records.map(({ key }) => key);
};

const columns = [
  ['vecs', askVecs],
  ['S3 Vectors', askS3],
  ['Quiver', askQuiver],
] as const;

/** What is wrong with the filter, in each one's words; nobody knows of anything else. */
function wordsOf(error: unknown): string {
  if (error instanceof VecsFilterError) return `FilterError: ${error.message}`;
  const { message, status, extensions } = error as Error & {
    readonly status?: number;
    readonly extensions?: { readonly code?: string };
  };
  if (status === 400) return `400 ${message}`;
  if (extensions?.code === 'INVALID_FILTER') return `INVALID_FILTER ${message}`;
  throw error;
}

/** As a cell has it: the keys in the order of `names`, or that it was refused. */
const answerOf = (ask: Ask, filter: Filter): Promise<string | string[]> =>
  ask(filter).then(
    (keys) => names.filter((name) => keys.includes(name)),
    (error: unknown) => wordsOf(error) && 'refused',
  );

function saidBy(cell: string): string | string[] {
  if (cell === 'refused') return cell;
  const listed = spansOf(cell);
  if (!cell.startsWith('all')) return cell === 'none' ? [] : listed;
  return names.filter((name) => !listed.includes(name));
}

const filterOf = (cell: string): Filter => JSON.parse(spansOf(cell)[0]!) as Filter;

describe('the page that compares vecs, S3 Vectors and Quiver', () => {
  test.each(columns.map(([name, ask], i) => [name, i + 1, ask] as const))(
    'has the records that %s finds in each case',
    async (_name, column, ask) => {
      const found = new Map<string, unknown>();
      for (const [filter] of cases) found.set(filter!, await answerOf(ask, filterOf(filter!)));

      expect(found.size).toBeGreaterThan(30);
      expect(found).toEqual(new Map(cases.map((row) => [row[0]!, saidBy(row[column]!)])));
    },
  );

  test('lists an operator where it is taken in a case, and only there', () => {
    const rows = page.rowsUnder('Operators').filter(([operator]) => operator!.includes('$'));
    expect(rows).toHaveLength(12);
    for (const [operator, ...cells] of rows) {
      const written = spansOf(operator!).map((name) => `"${name}"`);
      const using = cases.filter(([filter]) => written.some((name) => filter!.includes(name)));
      const taken = cells.map((_, i) => using.some((row) => row[i + 1] !== 'refused'));
      expect([operator, taken]).toEqual([operator, cells.map((cell) => cell !== 'no')]);
    }
  });

  test('quotes what each says of a mistake', async () => {
    const mistake = filterOf(/`.*`/.exec(page.sectionOf('Mistakes'))![0]);
    const said = columns.map(async ([name, ask]) => [name, await ask(mistake).catch(wordsOf)]);

    expect(page.rowsUnder('Mistakes').map(([name, cell]) => [name, spansOf(cell!)[0]])).toEqual(
      await Promise.all(said),
    );
  });

  test('has the distances', async () => {
    for (const [name, inVecs, inS3, inQuiver, score] of page.rowsUnder('Distances')) {
      const metric = metrics[name!]!;
      const quivers = await quiverDistance(metric);
      const found = [await vecsDistance(metric), await s3Distance(name!), quivers];
      const numbers = [inVecs, inS3, inQuiver].map((cell) => (cell === 'no' ? null : Number(cell)));
      expect([name, found.map(rounded)]).toEqual([name, numbers]);
      expect(rounded(scoreOf(metric, quivers))).toBe(Number(score));
    }
  });

  test('has the limits that are in the code', () => {
    const numbersOf = (cell: string): number => Number(/[\d,]+/.exec(cell)?.[0].replace(/,/g, ''));
    const { windowMax, writeRecordsMax, readKeysMax, pageMax, segmentsMax } = defaultLimits;
    const { keyBytesMax, metadataBytesMax, dimensionMax } = defaultLimits;
    const rows = page.rowsUnder('Limits').map(([what, , s3, quiver]) => [what, s3!, quiver!]);
    expect(rows.map(([what, s3, quiver]) => [what, numbersOf(s3!), numbersOf(quiver!)])).toEqual([
      ['results of a search', s3Limits.topKMax, windowMax],
      ['records in one write', s3Limits.putMax, writeRecordsMax],
      ['keys in one read', s3Limits.getMax, readKeysMax],
      ['keys in one deletion', s3Limits.deleteMax, readKeysMax],
      ['records in a page of a listing', s3Limits.listMax, pageMax],
      ['segments of a listing', s3Limits.segmentsMax, segmentsMax],
      ['bytes of a key', keyBytesMax, keyBytesMax],
      ['keys in metadata', s3Limits.metadataKeysMax, NaN],
      ['bytes of metadata', metadataBytesMax, metadataBytesMax],
      ['dimension', s3Limits.dimensionMax, dimensionMax],
    ]);
  });

  test('has every call of S3 Vectors', () => {
    const calls = page.rowsUnder('From S3 Vectors').map(([call]) => spansOf(call!)[0]!);
    expect(byBytes(calls)).toEqual(byBytes(Object.keys(bodySchemas)));
  });
});

const metrics: Readonly<Record<string, Metric>> = {
  cosine: 'COSINE',
  euclidean: 'L2',
  'inner product': 'INNER_PRODUCT',
  manhattan: 'L1',
};

const rounded = (value: number | null): number | null => value && Number(value.toFixed(6));

/** By the operators that the measures of vecs stand for; it has none for L1. */
async function vecsDistance(metric: Metric): Promise<number | null> {
  const operator = { COSINE: '<=>', L2: '<->', INNER_PRODUCT: '<#>', L1: null }[metric];
  if (!operator) return null;
  const rows = await runSql([`select vec ${operator} '[3,0]' as distance from ${bucket}.points`]);
  return (rows as { distance: number }[])[0]!.distance;
}

async function quiverDistance(metric: Metric): Promise<number> {
  const query = searchIn(bucket, 'points', { vector: Float32Array.of(3, 0), metric });
  const { matches } = await during((call) => gateway.store.search(query, call));
  return matches[0]!.distance;
}

/** null for a metric that no index can be made with. */
async function s3Distance(name: string): Promise<number | null> {
  const distanceMetric = name as 'cosine' | 'euclidean';
  const shape = { dataType: 'float32', dimension: 2 } as const;
  const made = await inBucket().createIndex({ ...shape, indexName: name, distanceMetric });
  if (made.error) return null;
  const index = inBucket().index(name);
  await done(index.putVectors({ vectors: [{ key: 'p', data: { float32: [3, 4] } }] }));
  const query = { queryVector: { float32: [3, 0] }, topK: 1, returnDistance: true };
  const { vectors } = await done(index.queryVectors(query));
  return vectors[0]!.distance!;
}
