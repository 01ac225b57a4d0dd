import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { parquetOf } from '../../gateway/cli/import/parquet.ts';
import type { Row } from '../../gateway/cli/import/row.ts';

const columnData = [
  { name: 'id', data: ['a', 'b', 'c', 'a'], type: 'STRING' },
  { name: 'n', data: [1, 2, 3, 5], type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
  { name: 'maybe', data: [1.5, null, null, 2.5], type: 'DOUBLE' },
  {
    name: 'vector',
    data: [
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ],
  },
] as const satisfies Parameters<typeof parquetWriteBuffer>[0]['columnData'];

const fileOf = (options: object = {}): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData: [...columnData], ...options }));

async function rowsOf(bytes: Uint8Array, after = 0): Promise<Row[]> {
  const file = await parquetOf(Uint8Array.from(bytes).buffer);
  const found: Row[] = [];
  for await (const rows of file.rows(after)) found.push(...rows);
  return found;
}

/** The rows of damaged bytes; null when they are refused as a whole. */
async function rowsIfSound(bytes: Uint8Array): Promise<Row[] | null> {
  try {
    return await rowsOf(bytes);
  } catch (error) {
    if (/The file must be a sound Parquet file: /.test(String(error))) return null;
    throw error;
  }
}

const expected = [
  { line: 1, fields: { id: 'a', n: 1, maybe: 1.5, vector: [1, 2] } },
  { line: 2, fields: { id: 'b', n: 2, maybe: null, vector: [3, 4] } },
  { line: 3, fields: { id: 'c', n: 3, maybe: null, vector: [5, 6] } },
  { line: 4, fields: { id: 'a', n: 5, maybe: 2.5, vector: [7, 8] } },
];

test.each([
  ['one row group', {}],
  ['a row group a row', { rowGroupSize: 1 }],
  ['uneven row groups', { rowGroupSize: [1, 3] }],
  ['no compression', { codec: 'UNCOMPRESSED' }],
])('a file with %s is read, from any row on', async (_name, options) => {
  const bytes = fileOf(options);

  for (let after = 0; after <= expected.length; after++) {
    expect(await rowsOf(bytes, after)).toEqual(expected.slice(after));
  }
});

test('a large row group is read in parts where its pages have an index', async () => {
  const data = Array.from({ length: 20_000 }, (_, n) => `${n} ${'x'.repeat(2_000)}`);
  const bytes = parquetWriteBuffer({
    columnData: [{ name: 'text', data, type: 'STRING' }],
    rowGroupSize: data.length,
    codec: 'UNCOMPRESSED',
  });
  const file = await parquetOf(bytes);
  const counts: number[] = [];
  const texts: unknown[] = [];
  for await (const rows of file.rows(7)) {
    counts.push(rows.length);
    for (const { fields } of rows) texts.push('text' in fields ? fields.text : fields);
  }

  expect(Math.max(...counts)).toBeLessThan(10_000);
  expect(texts).toEqual(data.slice(7));
});

test('whatever bytes come as Parquet, they are rows or refused as a whole', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const framed = Buffer.concat([Buffer.from('PAR1'), bytes, Buffer.from('PAR1')]);

      expect(await rowsIfSound(bytes)).toBeNull();
      expect((await rowsIfSound(framed)) ?? []).toEqual([]);
    }),
    { numRuns: 300 },
  ));

const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1 }), fc.integer({ min: 1, max: 255 })), {
  minLength: 1,
  maxLength: 4,
});

test.each([
  ['compressed', fileOf()],
  ['plain', fileOf({ codec: 'UNCOMPRESSED', rowGroupSize: 2 })],
])('a %s file with flipped bits is rows or refused as a whole, soon', (_name, bytes) =>
  fc.assert(
    fc.asyncProperty(damage, async (flips) => {
      const damaged = bytes.slice();
      for (const [where, bits] of flips) {
        damaged[Math.min(bytes.length - 1, Math.floor(where * bytes.length))]! ^= bits;
      }
      const rows = await rowsIfSound(damaged);
      rows?.forEach(({ line, fields }, i) => {
        expect(line).toBe(i + 1);
        expect(fields).toEqual(expect.any(Object));
        // Whatever it is, it can be judged as a record's and written down.
        JSON.stringify(fields);
      });
    }),
    { numRuns: 1_500 },
  ),
);
