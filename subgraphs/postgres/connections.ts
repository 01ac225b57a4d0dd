import { Client, Pool, types, type PoolClient, type PoolConfig } from 'pg';
import { errors, isConnectionLost } from '../../schema/errors.ts';
import { defaultLimits } from '../../schema/limits.ts';
import type { Call } from '../call.ts';
import type { Logger } from '../logger.ts';
import { connectError, deadlineError } from './database-errors.ts';
import { createTurnstile } from '../turnstile.ts';

export interface Connections {
  /**
   * Hands `work` a connection, which is free again when `work` settles. The caller's promise
   * rejects at once when the call ends: `work` cleans up unseen.
   */
  use<T>(work: (client: PoolClient) => Promise<T>, call: Call): Promise<T>;
  close(): Promise<void>;
}

export function createConnections(options: {
  readonly url: string;
  readonly pod: string;
  readonly connectionsMax: number;
  readonly waitingMax?: number | undefined;
  readonly logger: Logger;
}): Connections {
  const { pod, connectionsMax, waitingMax = defaultLimits.poolWaitingMax } = options;
  const { pool, close } = openPool(options);
  const turnstile = createTurnstile({ places: connectionsMax, waitingMax });

  /** Whoever the turnstile has let in, so that nobody waits in the pool's own line. */
  async function lend<T>(
    work: (client: PoolClient) => Promise<T>,
    call: Call,
    sent: () => void,
  ): Promise<T> {
    let client: PoolClient | undefined;
    let broken = false;
    try {
      client = await connect();
      if (call.aborted) throw deadlineError(pod, call, 'notWritten');
      sent();
      return await work(client);
    } catch (error) {
      // The server's last words come before the connection ends: nobody may be lent it again.
      broken = isConnectionLost(error);
      throw error;
    } finally {
      try {
        client?.release(broken);
      } finally {
        turnstile.leave();
      }
    }
  }

  const connect = (): Promise<PoolClient> =>
    pool.connect().catch((error: unknown) => {
      throw connectError(pod, error);
    });

  return {
    async use(work, call) {
      // A search takes this way once a pod: each promise that is not made counts.
      const turn = turnstile.enter(call, {
        full: (waiting) => errors.overloaded(pod, waiting),
        gone: () => deadlineError(pod, call, 'notWritten'),
      });
      if (turn) await turn;
      let outcome: 'notWritten' | 'unknown' = 'notWritten';
      const working = lend(work, call, () => (outcome = 'unknown'));
      return untilEnd(working, call, () => deadlineError(pod, call, outcome));
    },
    close,
  };
}

/** A connection that belongs to no pool. */
export function createClient(url: string): Client {
  const client = new Client(connectionOptions(url));
  surviveErrors(client);
  return client;
}

/** Ends the connection at once, without a word to the server. */
export function cut(client: Client): void {
  client.connection.stream.destroy();
}

const connectMs = 10_000;
const idleMs = 60_000;
const closingMs = 2_000;

function connectionOptions(url: string): PoolConfig {
  return {
    connectionString: url,
    application_name: 'quiver',
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    types: { getTypeParser },
  };
}

/** As `pg` does it, but bigint as a number: ours are counts and versions, far below 2^53. */
const getTypeParser: typeof types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format);

interface OpenPool {
  readonly pool: Pool;
  /** Waits for what is running, but not for long. */
  readonly close: () => Promise<void>;
}

function openPool(options: {
  url: string;
  pod: string;
  connectionsMax: number;
  logger: Logger;
}): OpenPool {
  const { url, pod, connectionsMax, logger } = options;
  const pool = new Pool({ ...connectionOptions(url), max: connectionsMax });
  const open = new Set<Client>();

  pool.on('connect', (client) => {
    open.add(client);
    client.once('end', () => open.delete(client));
    surviveErrors(client);
  });
  pool.on('error', (error) => logger.warn({ pod, error }, 'idle connection lost'));

  return {
    pool,
    async close() {
      const impatience = setTimeout(() => open.forEach(cut), closingMs);
      await pool.end().finally(() => clearTimeout(impatience));
    },
  };
}

/** Without a listener a connection that breaks would end the process; its statement fails anyway. */
function surviveErrors(client: Client): void {
  client.on('error', () => undefined);
}

/** `work`, or the error of `gone` at once when the call ends; `work` then goes on unseen. */
function untilEnd<T>(work: Promise<T>, call: Call, gone: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(gone());
    const stay = call.onAbort(giveUp);
    void work.then(resolve, reject).then(stay);
  });
}
