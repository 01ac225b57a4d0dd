import { createHash } from 'node:crypto';
import { Client, Pool, types, type PoolClient, type PoolConfig } from 'pg';
import { errors } from '../../schema/errors.ts';
import type { Call } from '../call.ts';
import type { Logger } from '../logger.ts';
import { requestCancel } from './cancel.ts';
import { connectError, deadlineError, statementError } from './database-errors.ts';
import type { Database, Statement } from './database.ts';
import { createTurnstile } from './turnstile.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly pod: string;
  readonly connectionsMax: number;
  /** Prepare statements by name; not behind poolers that hand a session around. */
  readonly named: boolean;
  /** The server takes cancel requests; an embedded one does not: it has a single session. */
  readonly cancellable: boolean;
  readonly logger: Logger;
}

/** A pool of connections to one database. Opens none before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const { pod, logger } = options;
  const pool = new Pool({ ...connectionOptions(options.url), max: options.connectionsMax });
  const turnstile = createTurnstile({ places: options.connectionsMax, waitingMax });
  const nameOf = options.named ? createNames() : () => undefined;
  const connected = new Set<Client>();
  const builders = new Set<Client>();

  pool.on('connect', (client) => {
    connected.add(client);
    client.once('end', () => connected.delete(client));
    // Without a listener a connection that breaks while it is in use would end the process.
    client.on('error', () => undefined);
  });
  pool.on('error', (error) => logger.warn({ pod, code: codeIn(error) }, 'idle connection lost'));

  /** Hands `work` a connection. The caller leaves with the call; `work` cleans up on its own. */
  async function use<T>(work: (client: PoolClient) => Promise<T>, call: Call): Promise<T> {
    await turnstile.enter(call.signal, {
      full: (waiting) => errors.overloaded(pod, waiting),
      gone: () => deadlineError(pod, call, 'notWritten'),
    });
    let sent = false;
    const working = connect().then(async (client) => {
      try {
        if (call.signal.aborted) throw deadlineError(pod, call, 'notWritten');
        sent = true;
        return await work(client);
      } finally {
        client.release();
      }
    });
    void working.catch(() => undefined).then(() => turnstile.leave());
    return untilEnd(working, call, () => deadlineError(pod, call, sent ? 'unknown' : 'notWritten'));
  }

  /** Only as many as the turnstile lets in ask for one, so that nobody waits here. */
  const connect = (): Promise<PoolClient> =>
    pool.connect().catch((error: unknown) => {
      throw connectError(pod, error);
    });

  /** Settles when the connection can be used again, also after a cancellation. */
  async function run<Row>(client: Client, statement: Statement, call: Call): Promise<Row[]> {
    if (call.signal.aborted) throw deadlineError(pod, call, 'notWritten');
    let cleaning: Promise<void> | undefined;
    let lastResort: NodeJS.Timeout | undefined;
    const stop = (): void => {
      cleaning = requestCancel(client);
      lastResort = setTimeout(() => client.connection.stream.destroy(), unansweredMs);
    };
    if (options.cancellable) call.signal.addEventListener('abort', stop, { once: true });
    try {
      const { text, values } = statement;
      const name = statement.reused ? nameOf(text) : undefined;
      return (await client.query({ text, values: [...values], ...(name && { name }) })).rows as Row[];
    } catch (error) {
      throw statementError(pod, error, call);
    } finally {
      call.signal.removeEventListener('abort', stop);
      clearTimeout(lastResort);
      await cleaning;
    }
  }

  return {
    cancellable: options.cancellable,

    query: <Row>(statement: Statement, call: Call) =>
      use((client) => run<Row>(client, statement, call), call),

    transaction: (work, call) =>
      use(async (client) => {
        try {
          await run(client, { text: 'begin', values: [] }, call);
          const result = await work((statement) => run(client, statement, call));
          await run(client, { text: 'commit', values: [] }, call);
          return result;
        } catch (error) {
          // If even this fails the connection is broken, and the pool drops it.
          await client.query('rollback').catch(() => undefined);
          throw error;
        }
      }, call),

    async background(statement) {
      if (!options.cancellable) {
        await use((client) => run(client, statement, endless), endless);
        return;
      }
      const client = new Client(connectionOptions(options.url));
      client.on('error', () => undefined);
      builders.add(client);
      try {
        await client.connect();
        await client.query('set statement_timeout = 0');
        await client.query({ text: statement.text, values: [...statement.values] });
      } finally {
        builders.delete(client);
        await client.end();
      }
    },

    async close() {
      for (const client of builders) client.connection.stream.destroy();
      const stuck = setTimeout(() => {
        for (const client of connected) client.connection.stream.destroy();
      }, closingMs);
      await pool.end().finally(() => clearTimeout(stuck));
    },
  };
}

const endless: Call = {
  deadlineAt: Infinity,
  timeoutMs: Infinity,
  signal: new AbortController().signal,
  requestId: 'background',
};

const waitingMax = 1_000;
const connectMs = 10_000;
const idleMs = 60_000;
/** How long a cancelled statement may stay without an answer before its connection is cut. */
const unansweredMs = 10_000;
const closingMs = 2_000;
/** Each prepared statement costs memory on every connection; what comes later goes unnamed. */
const preparedMax = 256;

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
  oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format as 'text');

function createNames(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= preparedMax) return known;
    const name = `quiver_${createHash('sha1').update(text).digest('hex').slice(0, 16)}`;
    names.set(text, name);
    return name;
  };
}

const codeIn = (error: Error): unknown => ('code' in error ? error.code : undefined);

/** `work`, or the error of `gone` at once when the call ends; `work` then goes on unseen. */
function untilEnd<T>(work: Promise<T>, call: Call, gone: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(gone());
    call.signal.addEventListener('abort', giveUp, { once: true });
    if (call.signal.aborted) giveUp();
    work.then(resolve, reject).finally(() => call.signal.removeEventListener('abort', giveUp));
  });
}
