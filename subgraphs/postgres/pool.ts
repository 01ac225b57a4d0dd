import type { Client } from 'pg';
import type { Call } from '../call.ts';
import type { Logger } from '../logger.ts';
import { createClient, createConnections, cut } from './connections.ts';
import type { Database, Query, Statement } from './database.ts';
import { createRunner, type RunStatement } from './run-statement.ts';

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
  const { url, cancellable } = options;
  const connections = createConnections(options);
  const run = createRunner(options);
  const builders = new Set<Client>();

  return {
    cancellable,

    query: <Row>(statement: Statement, call: Call) =>
      connections.use((client) => run<Row>(client, statement, call), call),

    transaction: (work, call) =>
      connections.use((client) => runTransaction(client, run, work, call), call),

    async background(statement) {
      if (cancellable) await runAlone(createClient(url), statement, builders);
      else await connections.use((client) => run(client, statement, endless), endless);
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

/** `builders` has the client until it is done, or until nobody waits for it any more. */
async function runAlone(
  client: Client,
  { text, values }: Statement,
  builders: Set<Client>,
): Promise<void> {
  builders.add(client);
  try {
    await client.connect();
    await client.query('set statement_timeout = 0');
    await client.query(text, [...values]);
  } catch (error) {
    if (builders.has(client)) throw error;
  } finally {
    builders.delete(client);
    await client.end();
  }
}
