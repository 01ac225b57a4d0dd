import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from '../logger.ts';
import { packageRoot } from '../package-root.ts';
import type { HostMessage } from './host.ts';

export interface EmbeddedOptions {
  /** Where the data is kept; null: in memory, gone at the end. */
  readonly folder: string | null;
  readonly logger: Logger;
}

/** PostgreSQL with pgvector in a process of ours. It has one session: use one connection. */
export interface EmbeddedDatabase {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended, asked or not. */
  readonly exited: Promise<HostExit>;
  close(): Promise<void>;
}

export interface HostExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const startMsMax = 120_000;
/** Killing loses nothing that was committed. */
const closeMsMax = 10_000;

/** Rejects with one message that says what to do, when the folder is in use among others. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const socketFolder = makeSocketFolder();
  const child = forkHost(socketFolder, options.folder);
  const exited = new Promise<HostExit>((settle) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      rmSync(socketFolder, { recursive: true, force: true });
      settle({ code, signal });
    };
    child.once('exit', ended);
    // It could not even be started.
    child.once('error', () => ended(null, null));
  });

  const database: EmbeddedDatabase = {
    url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(socketFolder)}&port=5432`,
    pid: child.pid!,
    exited,
    close: () => stop(child, exited),
  };
  try {
    await ready(child, exited, options.logger);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A fresh folder that only this user can enter; the whole path of a socket has 104 bytes at most. */
function makeSocketFolder(): string {
  const parent = Buffer.byteLength(tmpdir()) <= 64 ? tmpdir() : '/tmp';
  return mkdtempSync(join(parent, 'quiver-'));
}

function forkHost(socketFolder: string, folder: string | null): ChildProcess {
  // Always the compiled one: it runs without our tests' transforms, and from an installed package.
  const host = join(packageRoot(), 'dist/subgraphs/embedded/host.js');
  if (!existsSync(host)) throw new Error(`${host} must be there; run "npm run build" first.`);
  const folders = folder === null ? [socketFolder] : [socketFolder, resolve(folder)];
  return fork(host, folders, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
}

async function ready(
  child: ChildProcess,
  exited: Promise<HostExit>,
  logger: Logger,
): Promise<void> {
  let lastWords = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2_000);
  });

  await new Promise<void>((resolveReady, reject) => {
    const giveUp = setTimeout(() => {
      reject(new Error(`The embedded database must start within ${startMsMax} ms; it did not.`));
    }, startMsMax);
    child.on('message', (message: HostMessage) => {
      if (message.kind === 'progress') logger.info({}, message.message);
      else clearTimeout(giveUp);
      if (message.kind === 'ready') resolveReady();
      if (message.kind === 'failed') reject(new Error(message.message));
    });
    void exited.then(({ code, signal }) => {
      clearTimeout(giveUp);
      reject(new Error(`The embedded database ended (${signal ?? code}). ${lastWords}`.trim()));
    });
  });
}

async function stop(child: ChildProcess, exited: Promise<HostExit>): Promise<void> {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), closeMsMax);
  await exited;
  clearTimeout(kill);
}
