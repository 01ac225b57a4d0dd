import type { Call } from '../call.ts';

/** SQL is a value: text and parameters, made by the pure functions in sql/. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /**
   * Its text is one of few and comes again and again: worth preparing. Its columns must have types of
   * its own: PostgreSQL refuses a prepared statement whose result changes with a table's columns.
   */
  readonly reused?: boolean;
  /** Its text is one of many: prepared only if it comes again, and only while there are few such. */
  readonly varied?: boolean;
}

export type Query = <Row>(statement: Statement) => Promise<Row[]>;

/** Of a session, for as long as one statement runs. */
export type Settings = Readonly<Record<string, string>>;

/**
 * What we need of a database. Waiting for a connection, connecting and the statement all end with
 * the call. Errors of connections and of time come from the catalogue; what the server says about
 * a statement comes as it is (`sqlStateOf` reads it).
 */
export interface Database {
  query<Row>(statement: Statement, call: Call): Promise<Row[]>;
  /** All of `work` or nothing of it. */
  transaction<T>(work: (query: Query) => Promise<T>, call: Call): Promise<T>;
  /**
   * One statement to its end, however long that takes, and beside the others where it can be; of
   * those with the same `turn` one after the other, whichever process runs them.
   */
  background(statement: Statement, settings: Settings, turn: string): Promise<void>;
  /** It has several sessions: a statement can be cancelled, an index built beside writes. */
  readonly cancellable: boolean;
  /** Ends the connections. What runs in the background goes on in the database, unseen. */
  close(): Promise<void>;
}
