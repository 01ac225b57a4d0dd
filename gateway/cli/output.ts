import Table from 'cli-table3';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string | number | null;
}

/** Print one JSON document, for programs. */
export function printJson(value: unknown): void {
  write(JSON.stringify(value, null, 2));
}

/** Print rows under aligned titles, for people; an unknown value is a question mark. */
export function printTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const table = new Table({
    head: columns.map(({ title }) => plain(title)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: borderless,
    style: {
      head: process.stdout.isTTY ? ['bold'] : [],
      border: [],
      'padding-left': 0,
      'padding-right': 0,
      compact: true,
    },
  });
  table.push(...rows.map((row) => columns.map(({ cell }) => plain(String(cell(row) ?? '?')))));
  write(table.toString().replace(/ +$/gm, ''));
}

/** Say something to people, on stdout. */
export const print = (text: string): void => write(plainLines(text));

/** Say on stderr what is no answer. */
export const tell = (text: string): void => console.error(plainLines(text));

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A value of metadata, or of anything else, in one line of at most `lengthMax` characters. */
export function brief(value: unknown, lengthMax = 60): string {
  const text = plain(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  if (text.length <= lengthMax) return text;
  // A cut can leave the first half of a character.
  return `${text.slice(0, lengthMax - 1).replace(/\p{Surrogate}$/u, '')}…`;
}

/** Names, keys and metadata may hold what would break a table, or give orders to a terminal. */
const plain = (text: string): string =>
  text.replace(/[\p{Control}\u2028-\u202e\u2066-\u2069]+/gu, ' ');

const plainLines = (text: string): string => text.split('\n').map(plain).join('\n');

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** 1.5 MB of 1,572,864. */
export function sized(bytes: number): string {
  const exponent = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1_024 ** exponent;
  return `${exponent === 0 ? amount : amount.toFixed(1)} ${units[exponent]}`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};
