import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { AsyncBuffer, FileMetaData, RowGroup } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { checkPages } from './parquet-pages.ts';
import type { Fields, Row, Rows } from './row.ts';

export interface ParquetFile {
  readonly rowCount: number;
  /** The rows after the first `after` ones; `line` counts rows. */
  rows(after: number): Rows;
}

/**
 * A Parquet file, read some rows at a time where it has page indexes, else a whole row group. What
 * JSON does not know becomes what it knows: dates ISO 8601, large integers text, NaN null.
 */
export async function openParquet(file: string): Promise<ParquetFile> {
  return parquetOf(await asyncBufferFromFile(file));
}

/** The same of a file in memory. */
export async function parquetOf(bytes: AsyncBuffer): Promise<ParquetFile> {
  const metadata = await sound(async () => withSoundCounts(await parquetMetadataAsync(bytes)));
  const rowCount = Number(metadata.num_rows);
  return {
    rowCount,
    async *rows(after) {
      let checked: RowGroup | null = null;
      for (const { from, to, group } of windowsOf(metadata)) {
        if (to <= after) continue;
        if (group !== checked) await sound(() => checkPages(bytes, group));
        checked = group;
        const rowStart = Math.max(from, after);
        const range = { rowStart, rowEnd: to, useOffsetIndex: true };
        yield await sound(async () => {
          const found = await parquetReadObjects({ file: bytes, metadata, compressors, ...range });
          return found.map((fields, i): Row => ({
            line: rowStart + i + 1,
            fields: asJson(fields),
          }));
        });
      }
    },
  };
}

/** The library meets bytes that make no sense in many ways. */
async function sound<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The file must be a sound Parquet file: ${why}.`, { cause: error });
  }
}

/** A count that is far off would have us go through rows without an end. */
function withSoundCounts(metadata: FileMetaData): FileMetaData {
  const counts = metadata.row_groups.map((group) => group.num_rows);
  const total = counts.reduce((sum, count) => sum + count, 0n);
  if (total === metadata.num_rows && counts.every((count) => count >= 0n)) return metadata;
  throw new Error(`its row groups hold ${total} rows, and it says ${metadata.num_rows}`);
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly group: RowGroup;
}

function windowsOf({ row_groups: groups }: FileMetaData): Window[] {
  let start = 0;
  return groups.flatMap((group) => {
    const groupStart = start;
    const rowCount = Number(group.num_rows);
    start += rowCount;
    const step = windowRows(group);
    return Array.from({ length: Math.ceil(rowCount / step) }, (_, i) => ({
      from: groupStart + i * step,
      to: groupStart + Math.min((i + 1) * step, rowCount),
      group,
    }));
  });
}

/** Without an index of its pages, every look into a column begins at the column's beginning. */
function windowRows({ columns, num_rows, total_byte_size }: RowGroup): number {
  const rowCount = Math.max(1, Number(num_rows));
  if (!columns.every((column) => column.offset_index_offset !== undefined)) return rowCount;
  const share = windowBytes / Math.max(1, Number(total_byte_size));
  return Math.max(windowRowsMin, Math.ceil(rowCount * Math.min(1, share)));
}

const windowBytes = 16 * 1_024 * 1_024;
const windowRowsMin = 100;

const asJson = (fields: object): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, jsonOf(value)]));

function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Float32Array) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, jsonOf);
  if (Array.isArray(value)) return isNumbers(value) ? value : value.map(jsonOf);
  if (typeof value === 'object' && value !== null) return asJson(value);
  return value ?? null;
}

/** Most of what is in such a file are vectors. */
const isNumbers = (list: readonly unknown[]): boolean =>
  list.every((x) => typeof x === 'number' && Number.isFinite(x));
