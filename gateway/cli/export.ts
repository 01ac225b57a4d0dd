import { once } from 'node:events';
import { createWriteStream, openSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { parseFilter } from '../../schema/filter-parser.ts';
import type { Filter } from '../../schema/filter.ts';
import { vectorToBase64, vectorToList } from '../../schema/vector.ts';
import { readRef } from '../../subgraphs/arguments.ts';
import { requireCollection } from '../../subgraphs/collections.ts';
import type { ScanPosition } from '../../subgraphs/scan-order.ts';
import type { CollectionRef, ScanPage, StoredRecord } from '../../subgraphs/store.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { runCommand } from './failures.ts';
import { startMeter } from './import/meter.ts';
import { isCompressed } from './import/source.ts';
import { stopOnSignals } from './import/stop.ts';
import { storeOptions, withStore, type OpenedStore, type StoreOptions } from './open-store.ts';
import { counted, tell } from './output.ts';
import { patient, withRetries, type Patience } from './retries.ts';

export function addExport(program: Command): void {
  storeOptions(program.command('export'))
    .description('the records of a collection as NDJSON, which quiver import reads back')
    .requiredOption('--collection <name>', 'what to export')
    .option('--bucket <name>', 'its bucket (default: vecs)')
    .option('--filter <json>', 'on metadata: docs/filters.md')
    .option('-o, --output <file>', 'default: stdout; compressed when it ends in .gz')
    .option('--base64', 'vectors as base64: smaller, and faster to read back')
    .action((options: ExportOptions) => runCommand({}, () => exportCommand(options)));
}

export interface ExportOptions extends StoreOptions {
  readonly collection: string;
  readonly bucket?: string;
  readonly filter?: string;
  readonly output?: string;
  readonly base64?: boolean;
}

/** `quiver export`: all records in the order of their keys. */
export function exportCommand(options: ExportOptions): Promise<ExitCode> {
  const { output, base64 = false } = options;
  return withStore(options, async (opened) => {
    const what = await readWhat(options, opened);
    let rows = 0;
    const meter = startMeter(() => ({ rows, rejected: 0, share: what.total && rows / what.total }));
    async function* lines(): AsyncGenerator<string> {
      for await (const records of pagesOf(what, opened)) {
        yield records.map((record) => lineOf(record, base64)).join('');
        rows += records.length;
      }
    }
    const stop = stopOnSignals();
    stop.signal.addEventListener('abort', () => {
      meter.close();
      leave(output);
    });
    try {
      await writeTo(output, lines());
    } finally {
      meter.close();
      stop.release();
    }
    tell(`${counted(rows, 'record')} exported`);
    return exitCodes.ok;
  });
}

interface What {
  readonly ref: CollectionRef;
  readonly filter: Filter | null;
  /** Records to come, as far as anybody knows. */
  readonly total: number | null;
  readonly patience: Patience;
}

async function readWhat(options: ExportOptions, opened: OpenedStore): Promise<What> {
  const { store, limits } = opened;
  const ref = readRef(options);
  const patience = patient(limits.timeoutMsMax, new AbortController().signal);
  const { nonFilterableKeys } = await withRetries(patience, (call) =>
    requireCollection(store, ref, call),
  );
  const filter = parseFilter(options.filter, { argument: 'filter', limits, nonFilterableKeys });
  const total = await withRetries(patience, (call) => store.count({ ...ref, filter }, call));
  return { ref, filter, total, patience };
}

/** The next page is on its way while one is written, and no more than that is in memory. */
async function* pagesOf(
  { ref, filter, patience }: What,
  { store, limits }: OpenedStore,
): AsyncGenerator<readonly StoredRecord[]> {
  const select = { metadata: 'all', vector: true } as const;
  const segment = { index: 0, of: 1 };
  const read = (after: ScanPosition | null): Promise<ScanPage> =>
    withRetries(patience, (call) =>
      store.scan(
        { ...ref, filter, limit: limits.pageMax, orderBy: [], after, segment, select },
        call,
      ),
    );
  let coming: Promise<ScanPage> | null = read(null);
  while (coming !== null) {
    const { records, hasMore }: ScanPage = await coming;
    coming = hasMore ? read(records.at(-1)!.position) : null;
    // Its failure is met where it is awaited, however long the writing takes.
    coming?.catch(() => {});
    yield records;
  }
}

/** In a table that Quiver did not make a record may have no vector. */
function lineOf({ key, vector, metadata }: StoredRecord, base64: boolean): string {
  const written = base64 ? vectorToBase64 : vectorToList;
  return `${JSON.stringify({ key, vector: vector ? written(vector) : null, metadata })}\n`;
}

/** Ends the process: the page that is on its way would keep it. */
function leave(file: string | undefined): never {
  if (file !== undefined) rmSync(partOf(file), { force: true });
  tell(`Interrupted${file === undefined ? '' : `; ${file} is not written`}.`);
  process.exit(exitCodes.interrupted);
}

const partOf = (file: string): string => `${file}.part`;

/** A file has its name only when it is complete. */
async function writeTo(file: string | undefined, lines: AsyncIterable<string>): Promise<void> {
  if (file === undefined) return printLines(lines);
  const source = Readable.from(lines, { objectMode: false });
  const part = partOf(file);
  // Opened now: an open under way could make the file again after an interruption has removed it.
  const sink = createWriteStream(part, { fd: openSync(part, 'w') });
  try {
    await (isCompressed(file) ? pipeline(source, createGzip(), sink) : pipeline(source, sink));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** `pipeline` leaves its listeners on what it must not end. */
async function printLines(lines: AsyncIterable<string>): Promise<void> {
  for await (const some of lines) {
    if (!process.stdout.write(some)) await once(process.stdout, 'drain');
  }
}
