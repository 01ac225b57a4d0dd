import { GraphQLError } from 'graphql';
import fc from 'fast-check';
import { readCsv } from '../../gateway/cli/import/csv.ts';
import { draftsOf, type Shape } from '../../gateway/cli/import/drafts.ts';
import { readNdjson } from '../../gateway/cli/import/ndjson.ts';
import type { Row, Rows } from '../../gateway/cli/import/row.ts';
import { isObject } from '../../schema/json.ts';
import { defaultLimits } from '../../schema/limits.ts';

const lineBytesMax = 200;

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < bytes.length; i += size) yield Buffer.from(bytes.subarray(i, i + size));
}

async function all(rows: Rows): Promise<Row[]> {
  const found: Row[] = [];
  for await (const some of rows) found.push(...some);
  return found;
}

type Read = (bytes: Uint8Array, size: number, after?: number) => Promise<Row[]>;

const ndjson: Read = (bytes, size, after = 0) =>
  all(readNdjson(inPieces(bytes, size), { after, lineBytesMax }));

const csv: Read = (bytes, size, after = 0) =>
  all(readCsv(inPieces(bytes, size), { after, lineBytesMax, infer: true }));

const shapes: readonly Shape[] = [
  { key: null, vector: null, metadata: null, text: null },
  { key: 'a', vector: 'b', metadata: 'c', text: { field: 'd', chunking: 'markdown' } },
];

/** What is wrong with a line is said in the words of the API; anything else is a fault of ours. */
function expectJudged({ fields }: Row): void {
  expect(fields instanceof Error ? fields instanceof GraphQLError : isObject(fields)).toBe(true);
  if (fields instanceof Error) return;
  for (const shape of shapes) {
    try {
      for (const draft of draftsOf(fields, shape, defaultLimits)) {
        expect(draft.key).not.toBe('');
      }
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
    }
  }
}

const piece = fc.integer({ min: 1, max: 40 });
const field = fc.constantFrom('a', 'b', 'c', 'd', 'id', 'key', 'vector', 'metadata', '__proto__');
const value = fc.oneof(
  fc.jsonValue(),
  fc.array(fc.float()),
  fc.array(fc.double(), { maxLength: 3 }),
  fc.string({ unit: 'binary' }),
  fc.constant('AACAPwAAAEA='),
);
const jsonLine = fc
  .array(fc.tuple(field, value))
  .map((entries) => JSON.stringify(Object.fromEntries(entries)));
const words = fc.constantFrom('"', '""', ',', '\n', '\r\n', '[1,2]', '"[1,2]"', 'x', '{"a":', '7');
const nearlyText = fc
  .array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 40 })
  .map((parts) => parts.join(''));
const nearlyLines = fc.array(fc.oneof(jsonLine, nearlyText)).map((lines) => lines.join('\n'));
const anyBytes = fc.uint8Array({ maxLength: 300 });

const inputs: fc.Arbitrary<Uint8Array> = fc.oneof(
  anyBytes,
  nearlyLines.map((text) => Buffer.from(text)),
  fc
    .tuple(nearlyLines, anyBytes)
    .map(([text, bytes]) => Buffer.concat([Buffer.from(`key,vector\n${text}\n`), bytes])),
);

const lineCountOf = (bytes: Uint8Array): number => bytes.filter((byte) => byte === 0x0a).length + 1;

function expectLines(rows: readonly Row[], bytes: Uint8Array): void {
  const numbers = rows.map(({ line }) => line);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect(numbers.at(-1) ?? 0).toBeLessThanOrEqual(lineCountOf(bytes));
  for (const row of rows) expectJudged(row);
}

test('whatever bytes come as NDJSON, each line is a record, blank, or refused with a reason', () =>
  fc.assert(
    fc.asyncProperty(inputs, piece, async (bytes, size) => {
      const rows = await ndjson(bytes, size);
      expectLines(rows, bytes);
      const texts = Buffer.from(bytes).toString('latin1').split('\n');
      const blank = texts.flatMap((text, i) => (text.trim() === '' ? [i + 1] : []));
      expect(new Set([...rows.map(({ line }) => line), ...blank]).size).toBe(texts.length);
    }),
    { numRuns: 500 },
  ));

/** The header alone can make the whole unreadable. */
function noneIfRefused(error: unknown): Row[] {
  if (error instanceof GraphQLError) return [];
  throw error;
}

test('whatever bytes come as CSV, each record is one, or refused with a reason', () =>
  fc.assert(
    fc.asyncProperty(inputs, piece, async (bytes, size) => {
      const rows = await csv(bytes, size).catch(noneIfRefused);
      expect(rows.length).toBeLessThan(lineCountOf(bytes));
      expectLines(rows, bytes);
    }),
    { numRuns: 500 },
  ));

test.each([
  ['NDJSON', ndjson],
  ['CSV', csv],
])('%s reads the same in pieces of any size, and goes on after any line', (_name, read) =>
  fc.assert(
    fc.asyncProperty(inputs, piece, fc.nat(8), async (bytes, size, after) => {
      const whole = await read(bytes, 1_000).catch(() => null);
      if (whole === null) return;
      expect(await read(bytes, size)).toEqual(whole);
      expect(await read(bytes, size, after)).toEqual(whole.filter(({ line }) => line > after));
    }),
    { numRuns: 300 },
  ),
);

test('a quote that is missing costs its own line alone', async () => {
  const lines = ['id,text,n', '1,"a,x', '2,"b",y', '3,"c\nd",z', '4,"e', '5,f,g', ''];
  const rows = await csv(Buffer.from(lines.join('\n')), 7);

  expect(rows.map(({ line, fields }) => [line, fields instanceof Error || fields['id']])).toEqual([
    [2, true],
    [3, 2],
    [4, 3],
    [6, true],
    [7, 5],
  ]);
});

test('a line that is too long is refused, and the ones beside it are read', async () => {
  const lines = ['{"a": 1}', `{"a": "${'x'.repeat(lineBytesMax)}"}`, '{"a": 2}'];
  const rows = await ndjson(Buffer.from(lines.join('\n')), 11);

  expect(rows).toEqual([
    { line: 1, fields: { a: 1 } },
    {
      line: 2,
      fields: expect.objectContaining({
        message: `line may have at most ${lineBytesMax} bytes; got 209.`,
      }),
    },
    { line: 3, fields: { a: 2 } },
  ]);
});

test('a quote that stays open over many empty lines does not keep them all', async () => {
  const lines = `id,text\n1,"${'\n'.repeat(300_000)}2,b\n`;
  const rows = await all(
    readCsv(inPieces(Buffer.from(lines), 65_536), { after: 0, lineBytesMax: 1e9, infer: false }),
  );

  expect(rows.map(({ line, fields }) => [line, fields instanceof Error])).toEqual([
    [2, true],
    [300_002, false],
  ]);
});
