import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** A Redis of one test, which may do to it whatever it likes. */
export interface OwnRedis {
  readonly port: number;
  freeze(): void;
  thaw(): void;
  /** Without a word, as a crash. */
  kill(): Promise<void>;
  /** The same again, and empty. */
  restart(): Promise<void>;
  /** A command, word by word. */
  command(...words: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** With these arguments besides; on a port of its own. */
export async function startOwnRedis(...more: readonly string[]): Promise<OwnRedis> {
  const port = await freePort();
  const folder = ownFolder();
  const options = [...more, '--port', `${port}`, '--dir', folder.there];
  let server = await start(options).catch((error: unknown) => {
    folder.close();
    throw error;
  });
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((exit) => server.once('exit', exit));
    server.kill('SIGKILL');
    await gone;
  };
  return {
    port,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    kill,
    async restart() {
      await kill();
      server = await start(options);
    },
    async command(...words) {
      const redis = new Redis(port, { lazyConnect: true });
      await redis.connect();
      const [name = '', ...values] = words;
      return redis.call(name, ...values).finally(() => redis.disconnect());
    },
    async close() {
      await kill();
      folder.close();
    },
  };
}

/** A folder of one test, and its path for servers that see another root. */
export function ownFolder() {
  const name = `quiver-test-${randomBytes(6).toString('hex')}`;
  const here = join(inRoot ? servicesRoot : '/', 'tmp', name);
  mkdirSync(here);
  return {
    here,
    there: join('/tmp', name),
    close: (): void => rmSync(here, { recursive: true }),
  };
}

/** The machine's own, or that of the root in which the tests' services run. */
const servicesRoot =
  process.env['QUIVER_SERVICES_ROOT'] ?? join(process.env['TMPDIR'] ?? tmpdir(), 'quiver-services');
const inRoot = existsSync(join(servicesRoot, 'usr/bin/redis-server'));

async function start(more: readonly string[]): Promise<ChildProcess> {
  const own = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const words = ['redis-server', ...more, ...own];
  const [program = '', ...values] = inRoot ? ['chroot', servicesRoot, ...words] : words;
  const server = spawn(program, values, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((ready, fail) => {
    let said = '';
    server.stdout.on('data', (text: Buffer) => {
      said += String(text);
      if (/Ready to accept connections|Sentinel ID is/.test(said)) ready();
    });
    server.once('error', fail);
    server.once('exit', () => fail(new Error(`redis-server must start; it said: ${said}`)));
    void sleep(10_000, undefined, { ref: false }).then(() => fail(new Error(`It said: ${said}`)));
  });
  return server;
}

/** Below those that the system gives to connections, any of which could take it before Redis does. */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const server = createServer();
  const isFree = await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise((closed) => server.close(closed));
  return port;
}
