import { defaultLimits } from '../../../schema/limits.ts';
import { openPostgresStore } from '../../../subgraphs/postgres/postgres-store.ts';
import { createPgvector } from '../../../subgraphs/postgres/sql/pgvector.ts';
import { placedStanding } from '../../../subgraphs/postgres/sql/placements.ts';
import { scanStatement } from '../../../subgraphs/postgres/sql/records.ts';
import { createTable, vecsMapping } from '../../../subgraphs/postgres/table.ts';
import type { ScanOrder, ScanPosition } from '../../../subgraphs/scan-order.ts';
import type { ScanPage, VectorStore } from '../../../subgraphs/store.ts';
import { documentsSql, runSql } from '../../support/foreign-tables.ts';
import { during, scanIn, silent, specIn } from '../../support/store-calls.ts';
import { openPod, openPodDatabase, type OpenPod } from './open-pod.ts';
import { vecsShape } from './made.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(async () => {
  await runSql([`drop schema "${pod.bucket}" cascade`]);
  await pod.close();
});

async function positions(
  store: VectorStore,
  collection: string,
  orderBy: readonly ScanOrder[],
): Promise<ScanPosition[]> {
  const found: ScanPosition[] = [];
  for (;;) {
    const after = found.at(-1) ?? null;
    const query = scanIn(pod.bucket, collection, { orderBy, after, limit: 2 });
    const { records, hasMore }: ScanPage = await during((call) => store.scan(query, call));
    found.push(...records.map(({ position }) => position));
    if (!hasMore) return found;
  }
}

test('numbers that no double can hold are as large, or as small, as doubles can be', async () => {
  await during((call) => pod.store.createCollection(specIn(pod.bucket, 'n'), null, call));
  const numbers = ['1e400', '2e400', '-1e400', '1e-400', '-1e-400', '0', '1', '0.1', '5e-324'];
  const rows = numbers.map((n) => `('${n}', '[1,0]', '{"n": ${n}}')`);
  await runSql([`insert into "${pod.bucket}".n values ${rows.join()}`]);

  const found = await positions(pod.store, 'n', [
    { type: 'number', path: ['n'], direction: 'ASC' },
  ]);
  expect(found.map(({ key, values }) => [key, values[0]])).toEqual([
    ['-1e400', -Number.MAX_VALUE],
    ['-1e-400', 0],
    ['0', 0],
    ['1e-400', 0],
    ['5e-324', 5e-324],
    ['0.1', 0.1],
    ['1', 1],
    ['1e400', Number.MAX_VALUE],
    ['2e400', Number.MAX_VALUE],
  ]);
});

describe('a table that is mapped', () => {
  let store: VectorStore;
  beforeAll(async () => {
    await runSql([
      ...documentsSql(`"${pod.bucket}"`),
      `insert into "${pod.bucket}".documents (id, content, metadata, embedding, created_at) values
         (2, 'two', '{"n": 5}', '[1,0,0]', '2024-05-06T07:08:09Z'),
         (10, 'ten', null, '[1,1,0]', null),
         (9, null, '{"n": 7, "content": "below"}', '[0,0,1]', '2023-01-01T00:00:00Z'),
         (7, 'seven', '[]', null, null)`,
    ]);
    const mapping = {
      schema: pod.bucket,
      table: 'documents',
      id: 'id',
      vector: 'embedding',
      metadata: 'metadata',
      columns: ['content', 'created_at'],
    };
    store = await openPostgresStore({
      database: openPodDatabase(),
      pod: 'pod-a',
      limits: defaultLimits,
      logger: silent,
      collections: [{ bucket: pod.bucket, collection: 'docs', metric: null, mapping }],
    });
  });
  afterAll(() => store.close());

  test.each<[string, ScanOrder, readonly string[]]>([
    [
      'a plain column',
      { type: 'text', path: ['content'], direction: 'ASC' },
      ['9', '7', '10', '2'],
    ],
    ['a moment', { type: 'text', path: ['created_at'], direction: 'DESC' }, ['2', '9', '10', '7']],
    [
      'a key of its jsonb',
      { type: 'number', path: ['n'], direction: 'DESC' },
      ['9', '2', '10', '7'],
    ],
    ['its ids, as texts', { type: 'key', direction: 'DESC' }, ['9', '7', '2', '10']],
  ])('is ordered by %s', async (_, order, keys) => {
    expect((await positions(store, 'docs', [order])).map(({ key }) => key)).toEqual(keys);
  });
});

test.each(['ASC', 'DESC'] as const)(
  'pages by key, %s, come out of the primary key',
  async (direction) => {
    await during((call) =>
      pod.store.createCollection(specIn(pod.bucket, 'k', { ifNotExists: true }), null, call),
    );
    const ref = { bucket: pod.bucket, collection: 'k' };
    const sql = { pgvector: createPgvector('public'), standing: placedStanding };
    const table = createTable(vecsMapping(ref), vecsShape, sql);
    const after = { key: 'b', values: [] };
    const query = scanIn(pod.bucket, 'k', { orderBy: [{ type: 'key', direction }], after });
    const { text, values } = scanStatement(table, query);
    const plan = await during((call) =>
      pod.database.transaction(async (run) => {
        for (const other of ['seqscan', 'bitmapscan']) {
          await run({ text: `set local enable_${other} = off`, values: [] });
        }
        return run({ text: `explain ${text}`, values });
      }, call),
    );

    const lines = JSON.stringify(plan);
    expect(lines).not.toContain('Sort');
    expect(lines).toMatch(direction === 'DESC' ? /Backward/ : /Index (?:Only )?Scan using/);
  },
);
