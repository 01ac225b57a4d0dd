import { diagnose, type Expected } from '../../gateway/diagnosis.ts';
import { spreadSlots } from '../../schema/placement.ts';
import type { PodReport } from '../../subgraphs/report.ts';
import { index, table, placement, up, down, placed, brief, both } from '../support/pod-reports.ts';

test('of healthy pods nothing is said', () => {
  expect(diagnose(both([placed()], [placed()]))).toEqual([]);
  expect(diagnose([up('a', { tables: [table()] }), up('b')])).toEqual([]);
});

const dropped = placed({ state: 'dropped', version: 2 });
const lost = table({ placement: placement(), problem: 'Its table must be there; it is not.' });

test.each<[string, readonly PodReport[], readonly (readonly [string, string | null, RegExp])[]]>([
  ['a pod that is down', [up('a'), down('b')], [['error', 'b', /said nothing/]]],
  ['an old PostgreSQL', [up('a', { postgres: '12.9' })], [['error', 'a', /13 or newer.*12\.9/]]],
  ['an old pgvector', [up('a', { pgvector: '0.7.4' })], [['error', 'a', /0\.8 or newer.*0\.7\.4/]]],
  ['no pgvector', [up('a', { pgvector: null })], [['error', 'a', /without it/]]],
  [
    'versions that differ',
    [up('a', { pgvector: '0.8.1' }), up('b')],
    [['warning', null, /0\.8\.1 on a, 0\.8\.0 on b/]],
  ],
  [
    'major versions that differ',
    [up('a'), up('b', { postgres: '18.1' })],
    [['warning', null, /17 on a, 18 on b/]],
  ],
  ['no right to create', [up('a', { canCreate: false })], [['note', 'a', /may not create/]]],
  [
    'a default of read-only',
    [up('a', { settings: { default_transaction_read_only: 'on' } })],
    [['warning', 'a', /no write gets through/]],
  ],
  [
    'a replica',
    [up('a', { settings: { in_hot_standby: 'on', default_transaction_read_only: 'on' } })],
    [['warning', 'a', /is a replica/]],
  ],
  [
    'clocks apart',
    [up('a'), up('b', { clockAt: 1_002_500 })],
    [['warning', null, /b is 2\.5 s ahead of that of a/]],
  ],
  [
    'a clock that was slow to tell',
    [up('a'), up('b', { clockAt: 1_002_500, clockTookMs: 2_000 })],
    [],
  ],
  [
    'no right to read',
    [up('a', { tables: [table({ canRead: false, canWrite: false })] })],
    [['error', 'a', /quiver may not read "vecs"."docs"/]],
  ],
  [
    'no right to write',
    [up('a', { tables: [table({ canWrite: false })] })],
    [['note', 'a', /may not write/]],
  ],
  [
    'an invalid index',
    [
      up('a', {
        tables: [table({ indexes: [index(), index({ name: 'bad', state: 'INVALID' })] })],
      }),
    ],
    [['warning', 'a', /bad is invalid/]],
  ],
  [
    'an index under way',
    [up('a', { tables: [table({ indexes: [index({ state: 'BUILDING', percent: 41.6 })] })] })],
    [['note', 'a', /being built \(41 %\)/]],
  ],
  [
    'many rows without an index of the metric',
    [up('a', { tables: [table({ indexes: [index({ metric: 'L2' })] })] })],
    [['warning', 'a', /20000 rows and no index of COSINE/]],
  ],
  [
    'few rows without an index',
    [up('a', { tables: [table({ indexes: [], rowsEstimate: 9_999 })] })],
    [],
  ],
  [
    'any index, where no metric is known',
    [up('a', { tables: [table({ metric: null, indexes: [index({ metric: 'L1' })] })] })],
    [],
  ],
  [
    'an index on one shard only',
    both([placed()], [{ ...placed(), indexes: [] }]),
    [['warning', 'b', /no HNSW index of COSINE, which other pods have/]],
  ],
  [
    'an index on one shard only, and many rows: said once',
    both([{ ...placed() }], [{ ...placed(), indexes: [], rowsEstimate: 20_000 }]),
    [['warning', 'b', /each search reads all/]],
  ],
  [
    'an index larger than the memory of a build',
    [up('a', { tables: [table({ rowsEstimate: 1_000_000, dimension: 1_536 })] })],
    [['note', 'a', /about 6496MB to build; maintenance_work_mem is 64MB/]],
  ],
  [
    'keys in another order',
    [up('a', { tables: [table({ keysOrdered: false })] })],
    [['note', 'a', /sorts them all/]],
  ],
  ['a table that is lost', both([lost], [placed()]), [['error', 'a', /must be there/]]],
  [
    'dimensions that differ between found tables',
    both([table()], [table({ dimension: 3 })]),
    [['error', null, /has the dimension 128 on a and 3 on b/]],
  ],
  [
    'element types that differ between found tables',
    both([table()], [table({ elementType: 'FLOAT16' })]),
    [['error', null, /has the element type FLOAT32 on a and FLOAT16 on b/]],
  ],
  [
    'a table found on several pods',
    both([table()], [table()]),
    [['warning', null, /on a and b: it is searched on all of them and takes no writes/]],
  ],
  [
    'one name twice',
    both(
      [placed({ slots: spreadSlots(['a']) })],
      [placed({ uid: 'v', slots: spreadSlots(['b']) })],
    ),
    [['error', null, /is another collection on each of a and b/]],
  ],
  [
    'slots that differ',
    both([placed()], [placed({ slots: spreadSlots(['a', 'b', 'c']) })]),
    [['error', null, /has other slots on a than on b/]],
  ],
  [
    'a member behind the others',
    both([placed({ version: 2 })], [placed()]),
    [['error', 'b', /version 1 and on other pods 2/]],
  ],
  ['a member without its part', both([placed()], []), [['error', 'b', /has no part/]]],
  [
    'a member that is silent',
    [up('a', { tables: [placed()] }), down('b')],
    [['error', 'b', /said nothing/]],
  ],
  [
    'a member that nobody configured',
    [up('a', { tables: [placed()] })],
    [['error', 'b', /which the configuration does not name/]],
  ],
  [
    'slots that are missing or held twice',
    both(
      [placed({ slots: { a: [[0, 511]], b: [[500, 1_000]] } })],
      [placed({ slots: { a: [[0, 511]], b: [[500, 1_000]] } })],
    ),
    [['error', null, /23 have none and 12 several/]],
  ],
  [
    'a creation that was cut',
    both([placed({ state: 'creating' })], [placed({ state: 'creating' })]),
    [['warning', null, /cut half-way/]],
  ],
  ['a collection that was deleted while a pod was down', both([dropped], [placed()]), []],
  [
    'a table beside a collection of its name',
    both([placed({ slots: spreadSlots(['a']) })], [table()]),
    [['warning', 'b', /is no part of the collection/]],
  ],
])('%s', (_, reports, expected) => {
  const findings = diagnose(reports);

  expect(findings.map(brief)).toEqual(
    expected.map(([level, pod, problem]) => [level, pod, expect.stringMatching(problem)]),
  );
  for (const { advice } of findings) expect(advice).not.toBe('');
});

test('the index that would order the keys is told as SQL', () => {
  const names = { table: '"public"."documents"', key: '("id"::text)' };
  const documents = table({ ...names, keysOrdered: false });

  expect(diagnose([up('a', { tables: [documents] })])[0]?.advice).toBe(
    'create index concurrently on "public"."documents" (("id"::text) collate "C")',
  );
});

test('the index that others have is told as a command', () => {
  const lacking = table({ bucket: 'own', rowsEstimate: 1, indexes: [], metric: 'L2' });
  const having = { ...lacking, indexes: [index({ method: 'IVFFLAT', metric: 'L2' })] };

  expect(diagnose(both([having], [lacking])).map(({ advice }) => advice)).toContain(
    'quiver collection index docs --bucket own --method ivfflat --metric l2',
  );
});

test('the worst comes first', () => {
  const tables = [table({ keysOrdered: false, indexes: [] })];

  const found = diagnose([up('a', { tables }), down('b')]);
  expect(found.map(({ level }) => level)).toEqual(['error', 'warning', 'note']);
});

describe('what the configuration says', () => {
  const mapping = { schema: 'public', table: 'documents' };
  const expected = (more: Partial<Expected> = {}): Expected[] => [
    { bucket: 'vecs', collection: 'docs', pods: null, mapping, ...more },
  ];

  test('a pod that is named for a found table makes it whole', () => {
    const reports = both([table()], [table({ dimension: 3 })]);

    expect(diagnose(reports, expected({ pods: ['b'], mapping: null }))).toEqual([]);
  });

  test('a collection that hides a mapping is an error', () => {
    const [found] = diagnose([up('a', { tables: [placed()] })], expected());
    expect(found!.problem).toMatch(/public\.documents, and is also .* is not used/);
  });

  test('a mapped table that no pod has is an error, but not while a pod is silent', () => {
    expect(diagnose([up('a')], expected()).map(brief)).toEqual([
      ['error', null, expect.stringMatching(/the table public\.documents, which no pod can serve/)],
    ]);
    expect(diagnose([up('a'), down('b')], expected())).toHaveLength(1);
    expect(diagnose([up('a'), down('b')], expected({ pods: ['a'] }))).toHaveLength(2);
  });
});
