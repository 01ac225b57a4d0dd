import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { lockCurrentFolder } from './folder-lock.ts';
import { serveSession } from './session-server.ts';

/** What the host tells its parent. */
export type HostMessage =
  | { readonly kind: 'progress'; readonly message: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string };

/** Relative to the pod's folder. */
const dataFolder = 'data';
const madeMark = 'made';

/**
 * A process of its own for one embedded database: PGlite blocks its thread while a statement runs,
 * and takes half a gigabyte. Arguments: the folder for the socket, and the data's or none.
 */
async function main(sockets: string, dataIn: string | undefined): Promise<void> {
  const askedToStop = new Promise<void>((stop) => {
    process.once('SIGTERM', stop);
    process.once('disconnect', stop);
  });
  // Ctrl-C reaches every process of a terminal; the parent drains first and then tells us.
  process.on('SIGINT', () => {});
  const socketPath = resolve(sockets, '.s.PGSQL.5432');

  const database = dataIn === undefined ? await openInMemory() : await openFolder(dataIn);
  await database.exec('create extension if not exists vector');
  const server = await serveSession(database, socketPath);
  tell({ kind: 'ready' });

  await askedToStop;
  await server.close();
  await database.close();
}

function openInMemory(): Promise<PGlite> {
  tell({ kind: 'progress', message: 'Starting a database in memory.' });
  return PGlite.create({ extensions: { vector } });
}

async function openFolder(folder: string): Promise<PGlite> {
  mkdirSync(folder, { recursive: true });
  process.chdir(folder);
  await lockCurrentFolder();

  if (existsSync(madeMark)) {
    tell({ kind: 'progress', message: `Starting the database in ${folder}.` });
    return PGlite.create({ dataDir: dataFolder, extensions: { vector } });
  }
  tell({ kind: 'progress', message: `Making a database in ${folder}.` });
  // What a start that was killed left behind: nobody has written to it yet.
  rmSync(dataFolder, { recursive: true, force: true });
  const database = await PGlite.create({ dataDir: dataFolder, extensions: { vector } });
  writeFileSync(madeMark, '');
  return database;
}

function tell(message: HostMessage): void {
  if (process.connected) process.send!(message);
}

const [socketFolder, folder] = process.argv.slice(2);
// The parent does it too, unless it was killed.
process.once('exit', () => rmSync(socketFolder!, { recursive: true, force: true }));
try {
  await main(socketFolder!, folder);
} catch (error) {
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
// PGlite and the lock would keep the process; a last message still has to leave.
setImmediate(() => process.exit());
