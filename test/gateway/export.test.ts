import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { vectorToBase64 } from '../../schema/vector.ts';
import { onBothWays, openCommandSubject } from '../support/command-subject.ts';
import type { CommandSubject, Way } from '../support/command-subject.ts';
import { createFolder, ndjson, numbered } from '../support/import-files.ts';
import { runQuiver } from '../support/run-quiver.ts';

let subject: CommandSubject;
const folder = createFolder();
beforeAll(async () => {
  subject = await openCommandSubject();
});
afterAll(() => subject.close());
afterAll(() => folder.remove());

async function imported(way: Way, file: string, collection: string): Promise<void> {
  const args = ['import', file, '--collection', collection, '--create', '--metric', 'l2'];
  const { code, stderr } = await subject[way](args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** What is in the file that an export wrote. */
async function exported(way: Way, collection: string, args: readonly string[]): Promise<Buffer> {
  const file = folder.path(`${collection}.exported`);
  const ended = await subject[way](['export', '--collection', collection, '-o', file, ...args]);
  expect({ ...ended, stderr: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(existsSync(`${file}.part`)).toBe(false);
  return readFileSync(file);
}

/** Any float32 but NaN and infinities, which no record holds; JSON has no -0. */
const float = fc
  .float({ noNaN: true, noDefaultInfinity: true })
  .map((x) => (Object.is(x, -0) ? 0 : x));
const vector = fc.array(float, { minLength: 5, maxLength: 5 });
const storable = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
const metadata = fc.dictionary(
  storable.filter((key) => key !== '__proto__'),
  fc.oneof(storable, fc.integer(), fc.boolean(), fc.constant(null), fc.array(storable)),
);

onBothWays('what was exported is imported as what it was', async (way) => {
  const records = fc.sample(fc.record({ vector, metadata }), { numRuns: 200, seed: 3 });
  const lines = records.map((record, n) => ({
    key: `key ${n} "é"`,
    vector: vectorToBase64(Float32Array.from(record.vector)),
    metadata: record.metadata,
  }));
  await imported(way, folder.write(`${way}.ndjson`, ndjson(lines)), `${way}_first`);
  const lists = await exported(way, `${way}_first`, []);
  await imported(way, folder.write(`${way}-lists.ndjson`, lists), `${way}_second`);
  const base64 = await exported(way, `${way}_second`, ['--base64']);

  expect(await exported(way, `${way}_second`, [])).toEqual(lists);
  const byKey = (text: string) =>
    new Map(
      text
        .trim()
        .split('\n')
        .map((line) => [(JSON.parse(line) as { key: string }).key, line]),
    );
  const again = byKey(base64.toString());
  expect(again.size).toBe(lines.length);
  for (const line of lines) expect(JSON.parse(again.get(line.key)!)).toEqual(line);
});

onBothWays('an export is compressed, filtered and in the order of the keys', async (way) => {
  const collection = `some_${way}`;
  await imported(way, folder.write(`${collection}.ndjson`, numbered(30)), collection);
  const file = folder.path(`${collection}.ndjson.gz`);
  const args = ['--collection', collection, '--filter', '{"n": {"$gte": 27}}', '--output', file];

  expect(await subject[way](['export', ...args])).toEqual({
    code: 0,
    stdout: '',
    stderr: '3 records exported\n',
  });
  expect(gunzipSync(readFileSync(file)).toString()).toBe(
    ndjson([27, 28, 29].map((n) => ({ key: `${n}`, vector: [n + 1, 0], metadata: { n } }))),
  );
});

test('an export goes to standard output, with nothing else there', async () => {
  await imported('byUrl', folder.write('out.ndjson', numbered(2_500)), 'out');
  const args = ['--collection', 'out', '--bucket', subject.bucket, '--url', subject.url];
  const { code, stdout, stderr } = await runQuiver(['export', ...args, '--base64']);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '2500 records exported\n' });
  expect(stdout.split('\n')).toHaveLength(2_501);
  expect(stdout.split('\n')[0]).toBe(
    JSON.stringify({
      key: '0',
      vector: vectorToBase64(Float32Array.of(1, 0)),
      metadata: { n: 0 },
    }),
  );
});

test('an export of nothing is empty', async () => {
  await imported('byUrl', folder.write('empty.ndjson', numbered(1)), 'empty');
  const nothing = await exported('byUrl', 'empty', ['--filter', '{"n": 5}']);

  expect(nothing).toHaveLength(0);
});

test.each([
  [['--collection', 'none'], 4, 'There is no collection "none"'],
  [['--collection', 'there', '--filter', '{"$or": []}'], 2, '(INVALID_FILTER)'],
  [['--collection', 'there', '-o', '/dev/null/x'], 1, 'ENOTDIR'],
] as const)('export %j ends with %d', async (args, code, message) => {
  await imported('byUrl', folder.write('there.ndjson', numbered(1)), 'there');

  expect(await subject.byUrl(['export', ...args])).toEqual({
    code,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
});
