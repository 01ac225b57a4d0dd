import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Query, type Client } from 'pg';
import type { Call } from '../call.ts';
import { requestCancel } from './cancel.ts';
import { cut } from './connections.ts';
import { deadlineError, statementError } from './database-errors.ts';
import type { Statement } from './database.ts';
import { forgetParsed, PreparedQuery, type Columns } from './prepared-query.ts';

/**
 * Runs a statement on a connection, and settles when the connection can be used again: after a
 * cancellation that is later than the call's end.
 */
export type RunStatement = <Row>(
  client: Client,
  statement: Statement,
  call: Call,
) => Promise<Row[]>;

export function createRunner(options: {
  readonly pod: string;
  readonly named: boolean;
  readonly cancellable: boolean;
}): RunStatement {
  const { pod, cancellable } = options;
  const names = { alike: createNames(namesMax), varied: createFirstNames(variedMax) };
  const seen = createSeen();
  const described: Described = new WeakMap();
  const nameFor = ({ text, reused, varied }: Statement): string | undefined => {
    if (!options.named || !reused) return undefined;
    if (!varied) return names.alike(text);
    return seen(text) ? names.varied(text) : undefined;
  };

  return async <Row>(client: Client, statement: Statement, call: Call): Promise<Row[]> => {
    if (call.aborted) throw deadlineError(pod, call, 'notWritten');
    const name = nameFor(statement);
    const cancellation = cancellable ? cancelWithCall(client, call) : undefined;
    try {
      if (name === undefined) return await unnamedRows<Row>(client, statement);
      const columns = columnsOn(client, described);
      if (columns.size >= preparedMax && !columns.has(name)) await forgetPrepared(client, columns);
      return await namedRows<Row>(client, statement, { name, columns });
    } catch (error) {
      // What comes from a socket does not know who asked.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw statementError(pod, error, call);
    } finally {
      const ending = cancellation?.end();
      if (ending) await ending;
    }
  };
}

/** `client.query({ text, values })` does the same, but copies its object property by property. */
const unnamedRows = <Row>(client: Client, { text, values }: Statement): Promise<Row[]> =>
  new Promise((resolve, reject) => {
    const query = new Query<Row & object>(text, [...values], (error, result) => {
      if (error) reject(error);
      else resolve(result.rows);
    });
    client.query(query);
  });

/** By connection, the columns of what was prepared there. */
type Described = WeakMap<Client, Columns>;

const namedRows = <Row>(
  client: Client,
  statement: Statement,
  { name, columns }: { readonly name: string; readonly columns: Columns },
): Promise<Row[]> =>
  new Promise((resolve, reject) => {
    const callback = (error: Error | null, rows: Row[]): void => {
      if (error) reject(error);
      else resolve(rows);
    };
    client.query(new PreparedQuery({ client, described: columns, name, statement, callback }));
  });

/** All that was prepared on a connection: what is still needed comes again. */
async function forgetPrepared(client: Client, columns: Columns): Promise<void> {
  await unnamedRows(client, { text: 'deallocate all', values: [] });
  forgetParsed(client.connection);
  columns.clear();
}

function columnsOn(client: Client, described: Described): Columns {
  const known = described.get(client) ?? new Map();
  described.set(client, known);
  return known;
}

/** How long a cancelled statement may go on before its connection is cut. */
const unansweredMs = 10_000;
/** On one connection, where each costs memory. A collection that is paged through has one a limit. */
const preparedMax = 256;
/** That are remembered, since to make one takes a hash. */
const namesMax = 1_000;
/** The plan of a filtered search takes 0.2 MB; without one a shard plans for 0.4 ms each time. */
const variedMax = 32;
const seenMax = 1_000;

/** Cancels what the client is doing when the call ends; `end` gives what then is to be waited for. */
function cancelWithCall(client: Client, call: Call): { end(): Promise<void> | undefined } {
  let cancelled: Promise<void> | undefined;
  let lastResort: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    cancelled = requestCancel(client);
    lastResort = setTimeout(() => cut(client), unansweredMs);
  };
  const stay = call.onAbort(cancel);

  return {
    end() {
      stay();
      clearTimeout(lastResort);
      return cancelled;
    },
  };
}

/** Whether a text came before, as far as anybody remembers. */
function createSeen(): (text: string) => boolean {
  const texts = new Set<string>();
  return (text) => {
    if (texts.has(text)) return true;
    if (texts.size >= seenMax) texts.clear();
    texts.add(text);
    return false;
  };
}

function createNames(max: number): (text: string) => string {
  const names = new LRUCache<string, string>({ max, memoMethod: nameOf });
  return (text) => names.memo(text);
}

/** Those of the first texts; what comes later goes unnamed. */
function createFirstNames(max: number): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= max) return known;
    const name = nameOf(text);
    names.set(text, name);
    return name;
  };
}

const nameOf = (text: string): string =>
  `quiver_${createHash('sha1').update(text).digest('hex').slice(0, 16)}`;
