import { UsageError } from '../failures.ts';
import { readCsv } from './csv.ts';
import { readNdjson } from './ndjson.ts';
import { openParquet } from './parquet.ts';
import type { Rows } from './row.ts';
import { isCompressed, openSource, type FileIdentity, type Format } from './source.ts';

/** What is imported, whatever its format. */
export interface Input {
  /** For the names of the files beside it. */
  readonly name: string;
  /** null: standard input, which cannot be read again. */
  readonly identity: FileIdentity | null;
  /** The rows after a line. An abort of `signal` ends them. */
  rows(after: number, signal: AbortSignal): Rows;
  /** The share that was read, from 0 to 1; null when nobody knows how much there is. */
  share(): number | null;
}

export interface InputOptions {
  readonly format: Format;
  readonly infer: boolean;
  readonly lineBytesMax: number;
}

/** `-` is standard input. */
export async function openInput(file: string, options: InputOptions): Promise<Input> {
  const { format, infer, lineBytesMax } = options;
  const source = await openSource(file);
  if (format === 'parquet') {
    if (file === '-' || isCompressed(file)) {
      throw new UsageError('Parquet is read from its end: it must be a file, and not a .gz.');
    }
    return parquetInput(file, source);
  }
  return {
    ...source,
    // Nothing is opened before somebody reads.
    async *rows(after, signal) {
      const bytes = source.bytes(signal);
      yield* format === 'csv'
        ? readCsv(bytes, { after, lineBytesMax, infer })
        : readNdjson(bytes, { after, lineBytesMax });
    },
  };
}

async function parquetInput(
  file: string,
  { name, identity }: Pick<Input, 'name' | 'identity'>,
): Promise<Input> {
  const parquet = await openParquet(file);
  const { rowCount } = parquet;
  let line = 0;
  return {
    name,
    identity,
    async *rows(after) {
      for await (const some of parquet.rows(after)) {
        yield some;
        line = some.at(-1)?.line ?? line;
      }
    },
    share: () => (rowCount === 0 ? 1 : line / rowCount),
  };
}
