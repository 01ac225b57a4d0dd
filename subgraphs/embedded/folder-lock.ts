import { rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';

const socketName = 'lock';
/** A process that was just told to end still has the time to do it. */
const patienceMs = 3_000;

/**
 * Keep other processes out of the current folder until this one ends, however it ends. The lock is
 * a socket that somebody listens on, which stays true while a long statement blocks the process (a
 * lock kept fresh by a timer does not). A relative path, because sockets' paths are short.
 */
export async function lockCurrentFolder(): Promise<Server> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const server = await tryLock();
    if (server) return server;
    if (Date.now() > giveUpAt) {
      throw new Error(`The folder ${process.cwd()} must be free; another Quiver is using it.`);
    }
    await sleep(100);
  }
}

async function tryLock(): Promise<Server | null> {
  // Between "nobody listens" and "I listen" nobody else may think the same; it takes milliseconds.
  const release = await lock('.', {
    lockfilePath: `${socketName}.taking`,
    stale: 5_000,
    retries: { retries: 80, factor: 1, minTimeout: 100 },
  });
  try {
    if (await isListenedOn(socketName)) return null;
    rmSync(socketName, { force: true });
    const server = createServer((visitor) => visitor.destroy());
    server.listen(socketName);
    await once(server, 'listening');
    return server;
  } finally {
    await release();
  }
}

async function isListenedOn(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    // Anything else, such as a full queue of visitors, is a sign of life.
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOENT' && code !== 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}
