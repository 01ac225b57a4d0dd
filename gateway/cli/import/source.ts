import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
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
  let readCount = 0;
  return {
    name: file,
    identity: { size, mtimeMs },
    bytes(signal) {
      const raw = createReadStream(file, { highWaterMark: chunkBytes, signal });
      raw.on('data', (chunk) => (readCount += chunk.length));
      return isCompressed(file) ? unzipped(raw) : raw;
    },
    share: () => (size === 0 ? 1 : readCount / size),
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

function unzipped(raw: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  raw.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => raw.destroy());
  return raw.pipe(gunzip);
}
