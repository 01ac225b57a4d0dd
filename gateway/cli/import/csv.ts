import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { errors } from '../../../schema/errors.ts';
import { cutLines, notUtf8, withoutMark } from './lines.ts';
import type { Fields, ReadOptions, Row, Rows } from './row.ts';

export interface CsvOptions extends ReadOptions {
  /** Read cells that look like JSON (numbers, true, lists) as such; an empty one is left out. */
  readonly infer: boolean;
}

/**
 * A table whose first line names its columns. A record that cannot be read costs its first line
 * alone, and reading goes on with the next: a quote that is missing does not swallow the rest.
 */
export async function* readCsv(bytes: AsyncIterable<Buffer>, options: CsvOptions): Rows {
  const { after, lineBytesMax, infer } = options;
  const lines: (Buffer | Error)[] = [];
  let line = 1;
  let names: readonly string[] | null = null;

  function rowsOf(atEnd: boolean): Row[] {
    const rows: Row[] = [];
    let next = 0;
    while (next < lines.length) {
      const record = recordAt(lines, next, { atEnd, bytesMax: lineBytesMax });
      if (record === null) break;
      const { cells, lineCount } = record;
      if (names === null) names = namesOf(cells);
      else if (line > after && !isEmpty(cells)) {
        rows.push({ line, fields: fieldsOf(names, cells, infer) });
      }
      next += lineCount;
      line += lineCount;
    }
    lines.splice(0, next);
    return rows;
  }

  for await (const some of cutLines(bytes, lineBytesMax)) {
    for (const text of some) lines.push(text);
    yield rowsOf(false);
  }
  yield rowsOf(true);
}

interface CsvRecord {
  readonly lineCount: number;
  readonly cells: readonly string[] | Error;
}

/** A record goes on over lines while a quote is open; null: its end has not come yet. */
function recordAt(
  lines: readonly (Buffer | Error)[],
  start: number,
  { atEnd, bytesMax }: { readonly atEnd: boolean; readonly bytesMax: number },
): CsvRecord | null {
  const parts: Buffer[] = [];
  let byteCount = 0;
  for (let quoted = true; quoted;) {
    const part = lines[start + parts.length];
    if (part === undefined && !atEnd) return null;
    if (part instanceof Error && parts.length === 0) return { lineCount: 1, cells: part };
    if (!(part instanceof Buffer) || byteCount > bytesMax || parts.length >= recordLinesMax) {
      return { lineCount: 1, cells: unreadable('its quote is never closed') };
    }
    quoted = parts.length > 0 !== hasOddQuotes(part);
    parts.push(part);
    byteCount += part.length;
  }
  const cells = cellsOf(parts);
  return { lineCount: cells instanceof Error ? 1 : parts.length, cells };
}

/** Lines cost memory also when there is nothing in them. */
const recordLinesMax = 100_000;

function hasOddQuotes(text: Buffer): boolean {
  let odd = false;
  for (let i = text.indexOf(quote); i >= 0; i = text.indexOf(quote, i + 1)) odd = !odd;
  return odd;
}

const quote = 0x22;

function cellsOf(parts: readonly Buffer[]): readonly string[] | Error {
  if (!parts.every((part) => isUtf8(part))) return notUtf8();
  const text = withoutMark(parts.map((part) => part.toString('utf8')).join('\n'));
  if (text.trim() === '') return [];
  try {
    const records = parse(text.endsWith('\r') ? text.slice(0, -1) : text, {
      delimiter: ',',
      record_delimiter: '\n',
      relax_column_count: true,
    });
    return records[0] ?? [];
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

const unreadable = (why: string): Error =>
  errors.badRequest('line', `line must be a record of CSV: ${why}.`);

const isEmpty = (cells: readonly string[] | Error): boolean =>
  !(cells instanceof Error) && cells.length === 0;

function namesOf(cells: readonly string[] | Error): readonly string[] {
  if (cells instanceof Error) throw cells;
  const again = cells.find((name, i) => cells.indexOf(name) !== i);
  if (again === undefined) return cells;
  throw errors.badRequest('line', `The header must name each column once; "${again}" comes twice.`);
}

function fieldsOf(
  names: readonly string[],
  cells: readonly string[] | Error,
  infer: boolean,
): Fields | Error {
  if (cells instanceof Error) return cells;
  if (cells.length !== names.length) {
    return unreadable(`it has ${cells.length} cells, the header ${names.length}`);
  }
  const pairs = names.map((name, i) => [name, cells[i]!] as const);
  if (!infer) return Object.fromEntries(pairs);
  return Object.fromEntries(
    pairs.filter(([, cell]) => cell !== '').map(([name, cell]) => [name, inferred(cell)]),
  );
}

/** Numbers only where nothing is lost: 007 and 1.10 stay as they are written. */
function inferred(cell: string): unknown {
  if (!/^(?:[-\d[{]|true$|false$|null$)/.test(cell)) return cell;
  try {
    const value: unknown = JSON.parse(cell);
    return typeof value === 'number' && String(value) !== cell ? cell : value;
  } catch {
    return cell;
  }
}
