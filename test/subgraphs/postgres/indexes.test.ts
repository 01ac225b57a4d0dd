import type { IndexSpec, ShardIndex } from '../../../subgraphs/store.ts';
import { createIndexStatement } from '../../../subgraphs/postgres/sql/indexes.ts';
import { createPgvector } from '../../../subgraphs/postgres/sql/pgvector.ts';
import { placedStanding } from '../../../subgraphs/postgres/sql/placements.ts';
import { createTable, vecsMapping } from '../../../subgraphs/postgres/table.ts';
import { createRandom } from '../../bench/random.ts';
import { onReal } from '../../support/databases.ts';
import { codeFrom, during, indexIn } from '../../support/store-calls.ts';
import { fill, openPod, specOf, type OpenPod } from './open-pod.ts';
import { vecsShape } from './made.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

const build = (collection: string, more: Partial<IndexSpec> = {}) =>
  during((call) => pod.store.createIndex(indexIn(pod.bucket, collection, more), call));

const everything = { count: true, bytes: true, indexes: true };

const inspect = async (collection: string) => {
  const [rows] = await during((call) =>
    pod.store.inspect([{ bucket: pod.bucket, collection }], everything, call),
  );
  return rows![0]!;
};

const indexesOf = async (collection: string): Promise<readonly ShardIndex[]> =>
  (await inspect(collection)).indexes ?? [];

const some = [1, 2, 3].map((n) => ({ key: `${n}`, vector: [n, 0, 0, 1], metadata: {} }));

const random = createRandom(3);
/** Enough to take a while. */
const many = Array.from({ length: 1_000 }, (_, i) => ({
  key: `${i}`,
  vector: Array.from({ length: 4 }, random),
  metadata: {},
}));

test('indexes are built, seen with their options, and dropped', async () => {
  await fill(pod, specOf(pod, 'built'), some);
  await build('built', { m: 8, efConstruction: 40 });
  await build('built', { method: 'IVFFLAT', metric: 'COSINE' });

  const shown = await indexesOf('built');
  expect(
    shown.map(({ method, metric, options, state }) => [method, metric, options, state]),
  ).toEqual([
    ['HNSW', 'L2', { m: 8, efConstruction: 40 }, 'READY'],
    ['IVFFLAT', 'COSINE', { lists: 30 }, 'READY'],
  ]);

  const drop = (metric: 'COSINE' | null) =>
    during((call) =>
      pod.store.dropIndex(
        { bucket: pod.bucket, collection: 'built', method: 'HNSW', metric },
        call,
      ),
    );
  expect(await drop('COSINE')).toBe(false);
  expect(await drop(null)).toBe(true);
  expect((await indexesOf('built')).map(({ method }) => method)).toEqual(['IVFFLAT']);
});

test('half vectors have indexes of their own kind', async () => {
  await fill(pod, specOf(pod, 'half', { elementType: 'FLOAT16' }), some);
  await build('half', { metric: 'INNER_PRODUCT' });
  expect(await indexesOf('half')).toMatchObject([{ metric: 'INNER_PRODUCT', state: 'READY' }]);
});

test('an index that is there is kept, or refused', async () => {
  await fill(pod, specOf(pod, 'kept'), some);
  await build('kept');
  const before = await indexesOf('kept');
  await build('kept');
  expect(await indexesOf('kept')).toEqual(before);
  await expect(build('kept', { ifNotExists: false })).rejects.toMatchObject({
    extensions: { code: 'BAD_USER_INPUT', argument: 'input.ifNotExists' },
  });
});

test('an index that is there is not taken for one with other options', async () => {
  await fill(pod, specOf(pod, 'other'), some);
  await build('other', { m: 8 });

  await build('other', { m: 8, efConstruction: 64 });
  await expect(build('other', { m: 9 })).rejects.toMatchObject({
    message: expect.stringContaining('input.m must be left out or 8'),
    extensions: { code: 'BAD_USER_INPUT', argument: 'input.m' },
  });
  expect(await indexesOf('other')).toMatchObject([{ options: { m: 8, efConstruction: 64 } }]);
});

test('lists are a thousandth of the rows, and 30 at least', async () => {
  const listsFor = (rows: number): number =>
    Number(
      /lists = (\d+)/.exec(
        createIndexStatement(
          createTable(vecsMapping({ bucket: 'vecs', collection: 'a' }), vecsShape, {
            pgvector: createPgvector('public'),
            standing: placedStanding,
          }),
          indexIn('vecs', 'a', { method: 'IVFFLAT' }),
          'name',
          { concurrently: true, rows },
        ).text,
      )?.[1],
    );
  expect([0, 29_000, 31_500, 1_000_000, 4_000_000].map(listsFor)).toEqual([
    30, 30, 31, 1_000, 2_000,
  ]);
});

test('a build has the memory that was asked for, in its own session alone', async () => {
  const spy = jest.spyOn(pod.database, 'background');
  await fill(pod, specOf(pod, 'memory'), some);
  await build('memory', { maintenanceWorkMem: '93MB' });
  expect(spy.mock.calls.map(([, settings]) => settings)).toEqual([
    { maintenance_work_mem: '93MB' },
  ]);
  spy.mockRestore();

  const table = `"${pod.bucket}"."said"`;
  const said = `current_setting('maintenance_work_mem') as memory`;
  await pod.database.background(
    { text: `create table ${table} as select ${said}`, values: [] },
    { maintenance_work_mem: '93MB' },
    table,
  );
  const read = (text: string) =>
    during((call) => pod.database.query<{ memory: string }>({ text, values: [] }, call));
  expect(await read(`select memory from ${table}`)).toEqual([{ memory: '93MB' }]);
  expect(await read(`select ${said}`)).not.toEqual([{ memory: '93MB' }]);
  await read(`drop table ${table}`);
});

onReal('a build that goes on says how far it is', async () => {
  await fill(pod, specOf(pod, 'slow'), many);
  await build('slow', { m: 100, efConstruction: 1_000, waitMs: 0 });

  const seen: (ShardIndex | undefined)[] = [];
  do {
    seen.push((await indexesOf('slow'))[0]);
  } while (seen.at(-1)?.state !== 'READY');

  const percents = seen.flatMap((index) =>
    index?.state === 'BUILDING' && index.percent !== null ? [index.percent] : [],
  );
  expect(percents.length).toBeGreaterThan(0);
  expect(percents.every((percent) => percent >= 0 && percent <= 100)).toBe(true);
  expect(Math.max(...percents)).toBeGreaterThan(0);
  expect(seen.at(-1)).toMatchObject({ state: 'READY', percent: null });
});

onReal('builds of several processes take turns, and none is left invalid', async () => {
  await fill(pod, specOf(pod, 'turns'), many);
  const other = await openPod();
  const slow = { m: 60, efConstruction: 600 };
  const specs = [
    indexIn(pod.bucket, 'turns', { metric: 'L2', ...slow }),
    indexIn(pod.bucket, 'turns', { metric: 'COSINE', ...slow }),
  ];

  await Promise.all(
    [pod.store, other.store].flatMap((store) =>
      specs.map((spec) => during((call) => store.createIndex(spec, call), 30_000)),
    ),
  );

  await other.close();
  expect(await indexesOf('turns')).toMatchObject([
    { metric: 'COSINE', state: 'READY' },
    { metric: 'L2', state: 'READY' },
  ]);
});

test('builds of the same index at the same time are one build', async () => {
  await fill(pod, specOf(pod, 'joined'), some);
  await Promise.all([build('joined'), build('joined'), build('joined')]);
  expect(await indexesOf('joined')).toHaveLength(1);
});

onReal('an invalid leftover is built anew', async () => {
  await fill(pod, specOf(pod, 'broken'), some);
  await build('broken');
  const [{ name }] = (await indexesOf('broken')) as [ShardIndex];
  await during((call) =>
    pod.database.query(
      {
        text: `update pg_index set indisvalid = false where indexrelid = $1::text::regclass`,
        values: [`"${pod.bucket}"."${name}"`],
      },
      call,
    ),
  );
  expect(await indexesOf('broken')).toMatchObject([{ state: 'INVALID' }]);
  await build('broken');
  expect(await indexesOf('broken')).toMatchObject([{ name, state: 'READY' }]);
});

onReal('a build goes on when nobody waits for it any more', async () => {
  const spec = specOf(pod, 'waited');
  await fill(pod, spec, some);
  // The build waits for this transaction, and the caller does not.
  await during((call) =>
    pod.database.transaction(async (query) => {
      await query({
        text: `lock table "${pod.bucket}"."waited" in row exclusive mode`,
        values: [],
      });
      await build('waited', { waitMs: 50 });
      while ((await indexesOf('waited')).length === 0);
      expect(await indexesOf('waited')).toMatchObject([{ state: 'BUILDING' }]);
      const dropping = during((inner) =>
        pod.store.dropIndex({ ...spec, method: 'HNSW', metric: null }, inner),
      );
      await expect(dropping).rejects.toMatchObject({
        message: 'The HNSW index of "waited" must be complete to be dropped; it is being built.',
      });
    }, call),
  );
  while ((await indexesOf('waited'))[0]?.state !== 'READY');
  expect(await indexesOf('waited')).toMatchObject([{ state: 'READY', percent: null }]);
});

test('a collection is inspected with what is wanted; what is not there says why', async () => {
  await fill(pod, specOf(pod, 'inspected'), some);
  expect(await inspect('inspected')).toMatchObject({
    pod: 'pod-a',
    slotCount: 1024,
    count: 3,
    bytes: expect.any(Number),
    indexes: [],
    error: null,
  });
  const none = await inspect('none');
  expect(none).toMatchObject({ pod: 'pod-a', count: null, slotCount: null });
  expect(await codeFrom(Promise.reject(none.error))).toBe('COLLECTION_NOT_FOUND');
});
