import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch, type FSWatcher } from 'chokidar';
import type { Logger } from '../subgraphs/logger.ts';

/** Where somebody keeps the SDL of their typed collections. */
export interface CollectionsFolder {
  readonly path: string;
  /** Somebody named it; the default is used if it is there. */
  readonly mustExist: boolean;
}

export interface TypedFile {
  /** As a message shows it. */
  readonly name: string;
  readonly text: string;
}

export interface WatchOptions {
  /** The files that the caller has. */
  readonly known: readonly TypedFile[];
  /** How often to look when nothing is heard. */
  readonly pollMs: number;
  readonly logger: Logger;
  readonly onChange: (files: readonly TypedFile[]) => void;
}

/** The `.graphql` files of a folder, by name; those that begin with a dot are an editor's own. */
export async function readTypedFiles(folder: CollectionsFolder): Promise<readonly TypedFile[]> {
  const found = await unlessGone(folder.path, readdir(folder.path));
  if (found === null && folder.mustExist) {
    throw new Error(`The folder of typed collections must exist; there is no ${folder.path}`);
  }
  const names = (found ?? []).filter((name) => /^[^.].*\.graphqls?$/.test(name)).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder.path, name);
      const text = await unlessGone(path, readFile(path, 'utf8'));
      return text === null ? [] : [{ name: shownPath(path), text }];
    }),
  );
  return files.flat();
}

/** null for what is not there, or no longer: editors put a new file in the place of the old one. */
const unlessGone = <T>(path: string, read: Promise<T>): Promise<T | null> =>
  read.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    const needed = `Typed collections must be files that can be read; got ${shownPath(path)}`;
    throw new Error(`${needed}: ${error.message}`, { cause: error });
  });

/** From where the process runs, for what lies below. */
function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
}

/**
 * Call `onChange` when the texts are others. What the file system tells is a hint to look at once:
 * mounts of other systems tell nothing, and links that are swapped tell of another name. So the
 * folder is also read every `pollMs`, and one that is not there yet is looked for more often.
 */
export function watchTypedFiles(
  folder: CollectionsFolder,
  { known, pollMs, logger, onChange }: WatchOptions,
): { close(): Promise<void> } {
  const end = new AbortController();
  const doorbell = createDoorbell(end.signal);
  let watcher: FSWatcher | null = null;

  /** What watches for a folder that is not there may miss it when it comes, and is deaf then. */
  function followFolder(): void {
    const isThere = existsSync(folder.path) && !end.signal.aborted;
    if (isThere === (watcher !== null)) return;
    void watcher?.close();
    watcher = isThere ? openWatcher(folder, doorbell, logger) : null;
  }

  async function look(): Promise<void> {
    let served = known;
    let unreadable = false;
    while (!end.signal.aborted) {
      await doorbell.rung(watcher ? pollMs : Math.min(pollMs, missingMs));
      followFolder();
      try {
        const files = await settledFiles(folder, served, end.signal);
        unreadable = false;
        if (end.signal.aborted || same(files, served)) continue;
        served = files;
        onChange(files);
      } catch (error) {
        if (unreadable || end.signal.aborted) continue;
        unreadable = true;
        logger.error({ err: error }, 'typed collections stay as they were');
      }
    }
  }

  followFolder();
  const looking = look();
  return {
    async close() {
      end.abort();
      await Promise.all([looking, watcher?.close()]);
    },
  };
}

function openWatcher(
  { path }: CollectionsFolder,
  { ring }: { readonly ring: () => void },
  logger: Logger,
): FSWatcher {
  const watcher = watch(path, { ignoreInitial: true, depth: 0, persistent: false });
  watcher.on('ready', ring).on('all', ring).on('raw', ring);
  // Such as too many watchers on this machine: the clock is left.
  watcher.on('error', (error) => logger.warn({ err: error }, 'typed collections are not watched'));
  return watcher;
}

/** How often to look for a folder that is not there. */
const missingMs = 1_000;
const settleMs = 100;

/** Editors write in several steps: a change counts when two looks in a row see the same. */
async function settledFiles(
  folder: CollectionsFolder,
  served: readonly TypedFile[],
  signal: AbortSignal,
): Promise<readonly TypedFile[]> {
  let files = await readTypedFiles(folder);
  if (same(files, served)) return files;
  while (!signal.aborted) {
    await sleep(settleMs, undefined, { signal }).catch(() => undefined);
    const again = await readTypedFiles(folder);
    if (same(files, again)) return again;
    files = again;
  }
  return files;
}

const same = (one: readonly TypedFile[], other: readonly TypedFile[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Somebody waits for it to be rung, `timeoutMs` at most; it also rings at the end. */
function createDoorbell(signal: AbortSignal) {
  let isRung = false;
  let wake = (): void => {};
  const ring = (): void => {
    isRung = true;
    wake();
  };
  signal.addEventListener('abort', ring);

  return {
    ring,
    async rung(timeoutMs: number): Promise<void> {
      const clock = new AbortController();
      const woken = new Promise<void>((resolve) => (wake = resolve));
      if (!isRung) {
        const time = sleep(timeoutMs, undefined, { signal: clock.signal });
        await Promise.race([woken, time.catch(() => undefined)]);
        clock.abort();
      }
      isRung = false;
    },
  };
}
