import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Call } from '../call.ts';
import type { Logger } from '../logger.ts';
import { createClient, createConnections, cut } from './connections.ts';
import { statementError } from './database-errors.ts';
import type { Database, Query, Settings, Statement } from './database.ts';
import { createRunner, type RunStatement } from './run-statement.ts';
import { quoteIdentifier } from './sql/identifier.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly pod: string;
  readonly connectionsMax: number;
  readonly waitingMax?: number;
  /** Prepare statements by name; not behind poolers that hand a session around. */
  readonly named: boolean;
  /** The server takes cancel requests; an embedded one does not: it has a single session. */
  readonly cancellable: boolean;
  readonly logger: Logger;
}

/** A pool of connections to one database. Opens none before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, pod, cancellable } = options;
  const connections = createConnections(options);
  const run = createRunner(options);
  const builders = new Set<Client>();

  return {
    cancellable,

    query: <Row>(statement: Statement, call: Call) =>
      connections.use((client) => run<Row>(client, statement, call), call),

    transaction: (work, call) =>
      connections.use((client) => runTransaction(client, run, work, call), call),

    async background(statement, settings, turn) {
      if (cancellable)
        await runAlone(createClient(url), statement, { pod, builders, settings, turn });
      else await connections.use((client) => runSet(client, run, statement, settings), endless);
    },

    async close() {
      const left = [...builders];
      builders.clear();
      left.forEach(cut);
      await connections.close();
    },
  };
}

const endless: Call = {
  deadlineAt: Infinity,
  timeoutMs: Infinity,
  requestId: 'background',
  aborted: false,
  onAbort: () => () => {},
  signal: new AbortController().signal,
};

async function runTransaction<T>(
  client: Client,
  run: RunStatement,
  work: (query: Query) => Promise<T>,
  call: Call,
): Promise<T> {
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
}

/** For a session that others use afterwards. */
async function runSet(
  client: Client,
  run: RunStatement,
  statement: Statement,
  settings: Settings,
): Promise<void> {
  try {
    for (const setting of setStatements(settings)) await run(client, setting, endless);
    await run(client, statement, endless);
  } finally {
    for (const name of Object.keys(settings)) {
      await run(client, { text: `reset ${quoteIdentifier(name)}`, values: [] }, endless);
    }
  }
}

const setStatements = (settings: Settings): Statement[] =>
  Object.entries(settings).map((setting) => ({
    text: 'select set_config($1, $2, false)',
    values: setting,
  }));

/** `builders` has the client until it is done, or until nobody waits for it any more. */
async function runAlone(
  client: Client,
  { text, values }: Statement,
  options: {
    readonly pod: string;
    readonly builders: Set<Client>;
    readonly settings: Settings;
    readonly turn: string;
  },
): Promise<void> {
  const { pod, builders, settings, turn } = options;
  builders.add(client);
  try {
    await client.connect();
    for (const setting of setStatements({ ...settings, statement_timeout: '0' })) {
      await client.query(setting.text, [...setting.values]);
    }
    await takeTurn(client, turn);
    await client.query(text, [...values]);
  } catch (error) {
    if (builders.has(client)) throw statementError(pod, error, endless);
  } finally {
    builders.delete(client);
    await client.end();
  }
}

/**
 * It lasts as long as the session. Whoever waited in the database would hold a snapshot, for which a
 * concurrent build waits in its turn: a deadlock.
 */
async function takeTurn(client: Client, turn: string): Promise<void> {
  const text = 'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken';
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>(text, [turn]);
    if (rows[0]?.taken) return;
    await sleep(turnMs, undefined, { ref: false });
  }
}

const turnMs = 250;
