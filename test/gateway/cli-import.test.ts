import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { counted } from '../../gateway/cli/output.ts';
import { onBothWays, openCommandSubject } from '../support/command-subject.ts';
import type { CommandSubject, Way } from '../support/command-subject.ts';
import { createFolder, ndjson, numbered } from '../support/import-files.ts';
import { runQuiver, type Ended } from '../support/run-quiver.ts';

let subject: CommandSubject;
const folder = createFolder();
beforeAll(async () => {
  subject = await openCommandSubject();
});
afterAll(() => subject.close());
afterAll(() => folder.remove());

const create = ['--create', '--metric', 'l2'];

const imported = (file: string, collection: string, more: readonly string[] = create) =>
  subject.byUrl(['import', file, '--collection', collection, ...more]);

interface Line {
  readonly key: string;
  readonly vector: readonly number[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

async function exported(collection: string, way: Way = 'byUrl'): Promise<Line[]> {
  const { code, stdout } = await subject[way](['export', '--collection', collection]);
  expect(code).toBe(0);
  return linesOf(stdout);
}

function linesOf<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line));
}

const rejectsOf = (file: string): { line: number; key?: string; code: string; reason: string }[] =>
  linesOf(readFileSync(`${file}.rejected.ndjson`, 'utf8'));

function expectDone({ code, stdout, stderr }: Ended, written: number): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.replace(/[\d.]+ s$/m, '1.0 s')).toBe(
    `${counted(written, 'record')} written in 1.0 s\n`,
  );
}

onBothWays('an import makes the collection and leaves nothing beside the file', async (way) => {
  const file = folder.write(`made-${way}.ndjson`, numbered(1_200));
  const args = ['import', file, '--collection', `made_${way}`, ...create];

  expectDone(await subject[way](args), 1_200);
  const records = await exported(`made_${way}`, way);
  expect(records).toHaveLength(1_200);
  expect(records[11]).toEqual({ key: '1007', vector: [1_008, 0], metadata: { n: 1_007 } });
  expect(existsSync(`${file}.quiver-progress.json`)).toBe(false);
  expect(existsSync(`${file}.rejected.ndjson`)).toBe(false);
});

const expected: readonly Line[] = [
  { key: 'a', vector: [1, 2], metadata: { title: 'One, two', year: 1927 } },
  { key: 'b', vector: [0.5, -3], metadata: { title: 'Three\n"four"', year: 1972 } },
];
const base64 = Buffer.from(Float32Array.of(0.5, -3).buffer).toString('base64');
const csv = `id,embedding,title,year\r\na,"[1, 2]","One, two",1927\r\n\r\nb,${base64},"Three\n""four""",1972`;
const lines = ndjson([
  { id: 'a', values: [1, 2], title: 'One, two', year: 1927 },
  { key: 'b', vector: base64, metadata: { title: 'Three\n"four"', year: 1972 }, other: 1 },
]);
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'id', data: ['a', 'b'], type: 'STRING' },
      {
        name: 'vector',
        data: [
          [1, 2],
          [0.5, -3],
        ],
      },
      { name: 'title', data: ['One, two', 'Three\n"four"'], type: 'STRING' },
      { name: 'year', data: [1_927n, 1_972n], type: 'INT64' },
    ],
  }),
);

test.each<[string, string | Uint8Array, string[]]>([
  ['lines.ndjson', lines, []],
  ['of-vecs.ndjson', lines.replace('values', 'vec'), []],
  ['marked.jsonl', `\ufeff${lines}`, []],
  ['lines.ndjson.gz', gzipSync(lines), []],
  ['table.csv', csv, ['--infer']],
  ['table.csv.gz', gzipSync(csv), ['--infer']],
  ['table.txt', csv, ['--infer', '--format', 'csv']],
  ['table.parquet', parquet, []],
])('%s holds the records', async (name, content, args) => {
  const collection = name.replaceAll(/\W/g, '_');
  const file = folder.write(name, content);

  expectDone(await imported(file, collection, [...create, ...args]), 2);
  expect(await exported(collection)).toEqual(expected);
});

test('without --infer the cells of a table are texts', async () => {
  const cells = 'key,vector,a,b,c\nx,"[1,0]",007,true,\n';
  await imported(folder.write('texts.csv', cells), 'texts');
  await imported(folder.write('infer.csv', cells), 'inferred', [...create, '--infer']);

  expect((await exported('texts'))[0]!.metadata).toEqual({ a: '007', b: 'true', c: '' });
  expect((await exported('inferred'))[0]!.metadata).toEqual({ a: '007', b: true });
});

test('what JSON does not know is read from Parquet as what it knows', async () => {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'key', data: [9_007_199_254_740_993n], type: 'INT64' },
      { name: 'vector', data: [[1.5, 2]] },
      { name: 'at', data: [new Date('2026-11-21T12:00:00Z')], type: 'TIMESTAMP' },
      { name: 'none', data: [Number.NaN], type: 'DOUBLE' },
      { name: 'big', data: [-9_007_199_254_740_993n], type: 'INT64' },
    ],
  });
  await imported(folder.write('json.parquet', new Uint8Array(bytes)), 'parquet_json');

  expect(await exported('parquet_json')).toEqual([
    {
      key: '9007199254740993',
      vector: [1.5, 2],
      metadata: { at: '2026-11-21T12:00:00.000Z', none: null, big: '-9007199254740993' },
    },
  ]);
});

test('standard input is read, and other fields can be named', async () => {
  const input = ndjson([{ name: 'a', key: 1, v: [1, 0], about: { x: 1 }, left: 'out' }]);
  const where = ['--collection', 'stdin', '--bucket', subject.bucket, '--url', subject.url];
  const fields = ['--key', 'name', '--vector', 'v', '--metadata', 'about', '--format', 'ndjson'];
  const ended = await runQuiver(['import', '-', ...where, ...create, ...fields], { input });

  expectDone(ended, 1);
  expect(await exported('stdin')).toEqual([{ key: 'a', vector: [1, 0], metadata: { x: 1 } }]);
});

test('lines that are no records are written down with their reasons; the others are imported', async () => {
  const bad = [
    '{"key": "no json"',
    '{"vector": [1, 2]}',
    '{"key": "short", "vector": [1]}',
    '{"key": "nan", "vector": [1, "x"]}',
    '[1]',
    '{"key": "nul", "vector": [1, 2], "text": "\\u0000"}',
  ];
  const file = folder.write('bad.ndjson', `${numbered(3)}${bad.join('\n')}\n\n${numbered(5)}`);
  const { code, stdout } = await imported(file, 'bad', [...create, '--batch', '2', '--json']);

  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toEqual({
    ending: 'done',
    line: 15,
    written: 8,
    rejected: 6,
    rejectsFile: `${file}.rejected.ndjson`,
    progressFile: null,
    seconds: expect.any(Number),
  });
  expect(rejectsOf(file).map(({ line, code: why }) => [line, why])).toEqual([
    [4, 'BAD_USER_INPUT'],
    [5, 'BAD_USER_INPUT'],
    [6, 'DIMENSION_MISMATCH'],
    [7, 'BAD_USER_INPUT'],
    [8, 'BAD_USER_INPUT'],
    [9, 'BAD_USER_INPUT'],
  ]);
  expect(rejectsOf(file).map(({ reason }) => reason)).toEqual([
    'line must be a JSON object; got "{\\"key\\": \\"no json\\"".',
    'key must be text, or a whole number that JSON keeps; got nothing.',
    'Collection "bad" holds 2-dimensional vectors; vector has 1.',
    'vector[1] must be a finite number; got "x".',
    'line must be a JSON object; got [1].',
    'metadata.text must be text without NUL and lone surrogates; got "\\u0000".',
  ]);
  expect(rejectsOf(file)[2]!.key).toBe('short');
  expect(await exported('bad')).toHaveLength(5);
});

test('of two lines with one key the later one is kept, however far apart they are', async () => {
  const again = ndjson([{ key: '0', vector: [9, 9] }]);
  const file = folder.write('twice.ndjson', `${numbered(1)}${again}${numbered(20)}${again}`);
  await imported(file, 'twice', [...create, '--batch', '2']);

  expect((await exported('twice'))[0]).toEqual({ key: '0', vector: [9, 9], metadata: {} });
});

test('more rejected lines than --rejects-max end the import', async () => {
  const file = folder.write('worse.ndjson', `${numbered(2)}x\ny\nz\n`);
  const ended = await imported(file, 'worse', [...create, '--rejects-max', '2']);

  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr:
      `Everything up to line 5 is done. The same command again goes on from there (${file}.quiver-progress.json).\n` +
      'At most 2 lines may be rejected; 3 were.\n',
  });
  const more = await imported(file, 'worse', [...create, '--rejects-max', '3']);
  expect(more.code).toBe(3);
});

test.each([
  ['id,text,vec\na,x,"[1,0]"\nb,y,"[2,0]"\n', 'the first has the fields id, text, vec.'],
  ['id,text,vec\na,x\nb,y\n', 'the first cannot be read: '],
])('an import that takes no line at all can be repeated with other options', async (table, why) => {
  const file = folder.write('none.csv', table);
  const wrong = [...create, '--vector', 'embeding', '--rejects-max', '1'];
  const { code, stdout, stderr } = await imported(file, 'no_line', wrong);

  expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({
    code: 1,
    stdout: '',
    lines: 2,
  });
  expect(stderr).toContain(`At most 1 lines may be rejected; 2 were. No line was taken; ${why}`);
  expect(existsSync(`${file}.quiver-progress.json`)).toBe(false);
  expect((await imported(file, 'no_line')).stderr).toBe('');
});

test('an import goes on only with the same file and options; --restart begins anew', async () => {
  const file = folder.write('other.ndjson', `${numbered(2)}x\n`);
  await imported(file, 'other', [...create, '--rejects-max', '0']);

  const ended = await imported(file, 'another', create);
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('Say --restart to begin anew.'),
  });
  expect((await imported(file, 'another', [...create, '--restart'])).code).toBe(3);
  expect(await exported('another')).toHaveLength(2);
});

const wrong: readonly [readonly string[], number, string][] = [
  [['--embed'], 2, '--embed needs --text-field.'],
  [['--chunk', 'markdown'], 2, '--chunk needs --embed.'],
  [['--text-field', 'text'], 2, '--text-field needs --embed.'],
  [['--embed', '--text-field', 'n'], 2, '--embed needs an embedder'],
  [['--embed', '--text-field', 'n', '--embedder', 'x'], 2, '--embedder must name hash'],
  [['--rejects', folder.path('wrong.ndjson')], 2, 'must be different files'],
  [['--collection', 'none'], 4, 'With --create it is made. (COLLECTION_NOT_FOUND)'],
];

test.each(wrong)('import with %j ends with %d', async (args, code, message) => {
  const file = folder.write('wrong.ndjson', numbered(1));
  const { code: ended, stdout, stderr } = await imported(file, 'none', args);

  expect({ ended, stdout, stderr }).toEqual({
    ended: code,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
  expect(existsSync(`${file}.quiver-progress.json`)).toBe(false);
  expect(readFileSync(file, 'utf8')).toBe(numbered(1));
});

test.each<[string, string | Uint8Array, number, string]>([
  ['unknown.txt', '', 2, '--format must say what it is'],
  ['packed.parquet.gz', parquet, 2, 'it must be a file, and not a .gz'],
  ['no.parquet', 'PAR1, it says', 1, 'The file must be a sound Parquet file'],
  ['no.ndjson.gz', 'not compressed', 1, 'must be sound gzip: incorrect header check.'],
  ['cut.ndjson.gz', gzipSync(lines).subarray(0, 60), 1, 'must be sound gzip: unexpected end'],
  ['twice.csv', 'id,vector,id\n1,2,3\n', 2, 'The header must name each column once'],
])('%s cannot be read, and the import says why', async (name, content, code, message) => {
  const ended = await imported(folder.write(name, content), 'unread');

  expect(ended).toEqual({ code, stdout: '', stderr: expect.stringContaining(message) });
});
