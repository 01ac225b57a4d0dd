import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { codeOf } from '../../../schema/errors.ts';
import { isObject } from '../../../schema/json.ts';
import type { FileIdentity } from './source.ts';

/** A line that is not a record, or that the store did not take. */
export interface Reject {
  readonly line: number;
  readonly key: string | null;
  readonly error: unknown;
}

/** What has become of the lines up to `line`, since those of the part before. */
export interface Part {
  readonly line: number;
  readonly written: number;
  readonly rejects: readonly Reject[];
}

/** Up to which line all is done, in this run and those that it goes on from. */
export interface Progress {
  readonly line: number;
  readonly written: number;
  readonly rejected: number;
}

/**
 * The two files of an import: how far it has come, and the lines that it could not take. Parts may
 * finish in any order; the files follow the order in which they began, so that a later run goes on
 * where nothing is missing and repeats no reject.
 */
export interface Journal {
  readonly progress: Progress;
  begin(): (part: Part) => void;
  /** Keep what is done up to now, if anything is; it is also done now and then. */
  save(): void;
  /** Keep nothing to go on with: all is done, or nothing is. */
  discard(): void;
}

export interface JournalOptions {
  /** null: nothing is kept. */
  readonly progressFile: string | null;
  readonly rejectsFile: string;
  /** What must be the same for a later run to go on. */
  readonly source: FileIdentity | null;
  readonly optionsHash: string;
  /** Begin anew, whatever is kept. */
  readonly restart: boolean;
}

export function openJournal(options: JournalOptions): Journal {
  const { progressFile, rejectsFile } = options;
  const kept = options.restart ? null : readKept(options);
  let state: Kept = kept ?? { ...nothing, source: options.source, options: options.optionsHash };
  const parts: { done: Part | null }[] = [];
  resetRejects(rejectsFile, state.rejectsBytes);

  let savedAt = 0;
  function advance(): void {
    while (parts[0]?.done) apply(parts.shift()!.done!);
    if (Date.now() - savedAt >= saveMs) save();
  }

  function save(): void {
    if (progressFile !== null && state.line > 0)
      replaceFile(progressFile, `${JSON.stringify(state)}\n`);
    savedAt = Date.now();
  }

  function apply({ line, written, rejects }: Part): void {
    const text = rejects.map(rejectLine).join('');
    if (text !== '') appendFileSync(rejectsFile, text);
    state = {
      ...state,
      line,
      written: state.written + written,
      rejected: state.rejected + rejects.length,
      rejectsBytes: state.rejectsBytes + Buffer.byteLength(text),
    };
  }

  return {
    get progress() {
      return state;
    },
    begin() {
      const part: { done: Part | null } = { done: null };
      parts.push(part);
      return (done) => {
        part.done = done;
        if (parts[0] === part) advance();
      };
    },
    save,
    discard() {
      if (progressFile !== null) rmSync(progressFile, { force: true });
    },
  };
}

/** After a crash so much is written a second time, which changes nothing. */
const saveMs = 200;

/** What the file holds. */
interface Kept extends Progress {
  readonly version: 1;
  readonly rejectsBytes: number;
  readonly source: FileIdentity | null;
  readonly options: string;
}

const nothing = { version: 1, line: 0, written: 0, rejected: 0, rejectsBytes: 0 } as const;

/** Going on from another file's line would leave lines out without a word. */
function readKept({ progressFile, source, optionsHash }: JournalOptions): Kept | null {
  if (progressFile === null || !existsSync(progressFile)) return null;
  const kept = parsed(readFileSync(progressFile, 'utf8'));
  const same =
    kept?.options === optionsHash &&
    kept.source?.size === source?.size &&
    kept.source?.mtimeMs === source?.mtimeMs;
  if (same) return kept;
  throw new Error(
    `${progressFile} must be of an import of the same file with the same options; it is of another. ` +
      'Say --restart to begin anew.',
  );
}

function parsed(text: string): Kept | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && value['version'] === 1 ? (value as unknown as Kept) : null;
  } catch {
    return null;
  }
}

/** What was written behind the last safe line will come again. */
function resetRejects(file: string, bytes: number): void {
  if (bytes === 0) rmSync(file, { force: true });
  else if (existsSync(file)) truncateSync(file, bytes);
}

/** Never half written, whenever the process ends. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function rejectLine({ line, key, error }: Reject): string {
  const code = codeOf(error) ?? 'INTERNAL_SERVER_ERROR';
  const reason = error instanceof Error ? error.message : String(error);
  return `${JSON.stringify({ line, ...(key === null ? {} : { key }), code, reason })}\n`;
}
