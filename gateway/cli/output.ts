import Table from 'cli-table3';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string | number | null;
}

/** Print one JSON document, for programs. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Print rows under aligned titles, for people; an unknown value is a question mark. */
export function printTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const table = new Table({
    head: columns.map(({ title }) => title),
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
  table.push(...rows.map((row) => columns.map(({ cell }) => String(cell(row) ?? '?'))));
  print(table.toString().replace(/ +$/gm, ''));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A value of metadata, or of anything else, in one line of at most `lengthMax` characters. */
export function brief(value: unknown, lengthMax = 60): string {
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).replace(
    // Control characters would break the table, or the terminal.
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f]+/g,
    ' ',
  );
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
}

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
