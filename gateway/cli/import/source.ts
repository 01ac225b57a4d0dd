import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

export const formats = ['ndjson', 'csv', 'parquet'] as const;
export type Format = (typeof formats)[number];

/** What can be told from outside whether a file is still the same. */
export interface FileIdentity {
  readonly size: number;
  readonly mtimeMs: number;
}

/** Where the lines come from: a file, or standard input. */
export interface Source {
  /** For the names of the files beside it. */
  readonly name: string;
  /** null: standard input, which cannot be read again. */
  readonly identity: FileIdentity | null;
  /** What is in the file, uncompressed. An abort of `signal` ends it with an error. */
  bytes(signal: AbortSignal): AsyncIterable<Buffer>;
  /** The share that was read, from 0 to 1; null when nobody knows how much there is. */
  share(): number | null;
}

/** `-` is standard input. */
export async function openSource(file: string): Promise<Source> {
  if (file === '-') {
    return {
      name: 'stdin',
      identity: null,
      bytes: (signal) => addAbortSignal(signal, process.stdin),
      share: () => null,
    };
  }
  const { size, mtimeMs } = await identify(file);
  let raw: ReadStream | null = null;
  return {
    name: file,
    identity: { size, mtimeMs },
    bytes(signal) {
      raw = createReadStream(file, { highWaterMark: chunkBytes, signal });
      return isCompressed(file) ? unzipped(raw, file) : raw;
    },
    share: () => (size === 0 ? 1 : (raw?.bytesRead ?? 0) / size),
  };
}

/** By what the name ends in, before a `.gz`; null when that says nothing. */
export function formatOf(file: string): Format | null {
  const name = basename(file).toLowerCase().replace(/\.gz$/, '');
  if (/\.(ndjson|jsonl|json)$/.test(name)) return 'ndjson';
  if (name.endsWith('.csv')) return 'csv';
  return /\.(parquet|pq)$/.test(name) ? 'parquet' : null;
}

export const isCompressed = (file: string): boolean => file.toLowerCase().endsWith('.gz');

const chunkBytes = 256 * 1_024;

async function identify(file: string): Promise<FileIdentity> {
  const found = await stat(file).catch((error: unknown) => {
    throw new Error(`${file} must be a file that can be read; ${String(error)}`, { cause: error });
  });
  if (!found.isFile()) throw new Error(`${file} must be a file.`);
  return found;
}

async function* unzipped(raw: ReadStream, file: string): AsyncGenerator<Buffer> {
  try {
    // What goes wrong is met where the bytes are read.
    yield* pipeline(raw, createGunzip({ chunkSize: chunkBytes }), () => {});
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new Error(`${file} must be sound gzip: ${error.message}.`, { cause: error });
  }
}

const isDamage = (error: unknown): error is Error =>
  (error as NodeJS.ErrnoException).code?.startsWith('Z_') ?? false;
