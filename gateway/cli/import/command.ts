import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { readRef } from '../../../subgraphs/arguments.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { sourceOf, withStore, type OpenedStore, type StoreOptions } from '../open-store.ts';
import { counted, print, printJson, tell } from '../output.ts';
import { patient } from '../retries.ts';
import type { Chunking } from './chunks.ts';
import type { Shape } from './drafts.ts';
import { openInput, type Input } from './input.ts';
import { openJournal, type Journal } from './journal.ts';
import { startMeter } from './meter.ts';
import { runImport, type Ending } from './run-import.ts';
import { formatOf, type Format } from './source.ts';
import { stopOnSignals } from './stop.ts';
import type { NewCollection } from './target.ts';

/** As commander gives them. */
export interface ImportOptions extends StoreOptions {
  readonly collection: string;
  readonly bucket?: string;
  readonly format?: Format;
  readonly key?: string;
  readonly vector?: string;
  readonly metadata?: string;
  readonly infer?: boolean;
  readonly batch: number;
  readonly create?: boolean;
  readonly metric: NewCollection['metric'];
  readonly elementType: NewCollection['elementType'];
  readonly embed?: boolean;
  readonly embedder?: string;
  readonly textField?: string;
  readonly chunk?: Chunking;
  readonly progress?: string;
  readonly restart?: boolean;
  readonly rejects?: string;
  readonly rejectsMax: number;
  readonly json?: boolean;
}

/** `quiver import`: write the records of a file into a collection. */
export function importCommand(file: string, options: ImportOptions): Promise<ExitCode> {
  checkOptions(options);
  readRef(options);
  const format = options.format ?? formatOf(file);
  if (format === null) {
    throw new UsageError('--format must say what it is, for the name of the file does not.');
  }
  return withStore(options, async (opened) => {
    const { infer = false } = options;
    const lineBytesMax = opened.limits.bodyBytesMax;
    const input = await openInput(file, { format, infer, lineBytesMax });
    const files = filesOf(input, options);
    checkFiles(file, files);
    const what = [format, infer, readRef(options), shapeOf(options), sourceOf(options)];
    const optionsHash = hashOf(what);
    const restart = options.restart ?? false;
    const journal = openJournal({ ...files, source: input.identity, optionsHash, restart });
    return perform(input, journal, files, { options, opened });
  });
}

function checkOptions({ embed = false, textField, chunk, embedder }: ImportOptions): void {
  if (embed && textField === undefined) throw new UsageError('--embed needs --text-field.');
  const ofEmbed = { '--text-field': textField, '--chunk': chunk, '--embedder': embedder };
  const [name] = Object.entries(ofEmbed).find(([, value]) => value !== undefined) ?? [];
  if (!embed && name !== undefined) throw new UsageError(`${name} needs --embed.`);
}

interface Files {
  readonly progressFile: string | null;
  readonly rejectsFile: string;
}

/** Standard input does not come a second time, unless somebody says so. */
const filesOf = ({ name, identity }: Input, { progress, rejects }: ImportOptions): Files => ({
  progressFile: progress ?? (identity ? `${name}.quiver-progress.json` : null),
  rejectsFile: rejects ?? `${name}.rejected.ndjson`,
});

/** What is written must not be what is read, or one another. */
function checkFiles(file: string, { progressFile, rejectsFile }: Files): void {
  const paths = [file, rejectsFile, progressFile ?? []].flat().map((path) => resolve(path));
  if (new Set(paths).size === paths.length) return;
  throw new UsageError('The file, --rejects and --progress must be different files.');
}

function shapeOf({ key, vector, metadata, embed, textField, chunk }: ImportOptions): Shape {
  const text =
    embed && textField !== undefined ? { field: textField, chunking: chunk ?? null } : null;
  return { key: key ?? null, vector: vector ?? null, metadata: metadata ?? null, text };
}

/** URLs hold passwords, which are not for a file that lies around. */
const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');

async function perform(
  input: Input,
  journal: Journal,
  files: Files,
  { options, opened }: { readonly options: ImportOptions; readonly opened: OpenedStore },
): Promise<ExitCode> {
  const { store, limits } = opened;
  const { metric, elementType, rejectsMax } = options;
  const startedAt = Date.now();
  const embedder = embedderOf(options, opened);
  const stop = stopOnSignals();
  let wait: { readonly reason: string; readonly rows: number } | null = null;
  const meter = startMeter(() => {
    const { written: rows, rejected } = journal.progress;
    const waiting = wait?.rows === rows ? wait.reason : null;
    return { rows, rejected, share: input.share(), waiting };
  });
  const patience = {
    ...patient(limits.timeoutMsMax, stop.signal),
    onWait(error: Error) {
      wait = { reason: error.message, rows: journal.progress.written };
    },
  };
  try {
    const ending = await runImport(
      {
        rows: input.rows(journal.progress.line, stop.signal),
        ref: readRef(options),
        create: options.create ? { metric, elementType } : null,
        shape: shapeOf(options),
        batchRecords: Math.min(options.batch, limits.writeRecordsMax),
        rejectsMax,
      },
      { store, limits, embedder, journal, patience },
    );
    meter.close();
    const seconds = (Date.now() - startedAt) / 1_000;
    report(ending, journal, { ...files, seconds, json: options.json ?? false });
    return exitCodeOf(ending, journal);
  } catch (error) {
    meter.close();
    if (!options.json && journal.progress.written > 0) tell(wayOn(journal, files));
    throw error;
  } finally {
    stop.release();
  }
}

function embedderOf(options: ImportOptions, { embedders }: OpenedStore) {
  const { embed, embedder: name } = options;
  if (!embed) return null;
  const embedder = name === undefined ? embedders.of(readRef(options)) : embedders.byName(name);
  if (embedder) return embedder;
  throw new UsageError(
    name === undefined
      ? '--embed needs an embedder: --embedder hash, or one of a configuration that is named by --config.'
      : `--embedder must name hash or an embedder of the configuration; got "${name}".`,
  );
}

function exitCodeOf(ending: Ending, { progress }: Journal): ExitCode {
  if (ending === 'interrupted') return exitCodes.interrupted;
  return progress.rejected > 0 ? exitCodes.rejects : exitCodes.ok;
}

function report(
  ending: Ending,
  journal: Journal,
  { seconds, json, ...files }: Files & { readonly seconds: number; readonly json: boolean },
): void {
  const { line, written, rejected } = journal.progress;
  const rejectsFile = rejected > 0 ? files.rejectsFile : null;
  const progressFile = ending === 'interrupted' ? files.progressFile : null;
  if (json)
    return printJson({ ending, line, written, rejected, rejectsFile, progressFile, seconds });
  const rejects = rejectsFile === null ? '' : `, ${rejected} rejected (${rejectsFile})`;
  print(`${counted(written, 'record')} written${rejects} in ${seconds.toFixed(1)} s`);
  if (ending === 'interrupted') tell(wayOn(journal, files));
}

function wayOn({ progress }: Journal, { progressFile }: Files): string {
  const { line } = progress;
  const done = `Everything up to line ${line} is done`;
  return progressFile === null
    ? `${done}. Standard input is not kept: begin anew, or give --progress a file next time.`
    : `${done}. The same command again goes on from there (${progressFile}).`;
}
