import pg, { type Client, type Connection, type FieldDef, type Submittable } from 'pg';
import { serialize } from 'pg-protocol';
import type { Statement } from './database.ts';

/** What pg has and its types do not say; its version is pinned. */
interface Parsed {
  /** Texts by name. */
  parsedStatements: Readonly<Record<string, string>>;
}
const { utils } = pg as unknown as {
  readonly utils: { prepareValue(value: unknown): string | Buffer | null };
};

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** What the server has said of the statements of one connection, by name. */
export type Columns = Map<string, readonly Column[]>;

/**
 * A statement that the server parses and describes once a connection. pg's own `Query` has its
 * columns described with every answer, for which each search would pay.
 */
export class PreparedQuery<Row> implements Submittable {
  readonly name: string;
  readonly text: string;
  readonly callback: (error: Error | null, rows: Row[]) => void;
  readonly #client: Client;
  readonly #described: Columns;
  readonly #bind: Buffer;
  readonly #rows: Row[] = [];
  #columns: readonly Column[] | undefined;
  #unreadable: Error | null = null;

  constructor(options: {
    readonly client: Client;
    /** Of this client. */
    readonly described: Columns;
    readonly name: string;
    readonly statement: Statement;
    /** Called once. Errors are pg's. */
    readonly callback: (error: Error | null, rows: Row[]) => void;
  }) {
    const { client, described, name, statement, callback } = options;
    this.name = name;
    this.text = statement.text;
    this.callback = callback;
    this.#client = client;
    this.#described = described;
    this.#columns = described.get(name);
    const values = statement.values.map((value) => utils.prepareValue(value));
    this.#bind = serialize.bind({ statement: name, values });
  }

  /** From here on pg calls, as the answer comes. */
  submit(connection: Connection): null {
    const { parsedStatements } = connection as unknown as Parsed;
    const isParsed = parsedStatements[this.name] !== undefined;
    const parse = isParsed ? [] : [serialize.parse({ name: this.name, text: this.text })];
    const describe = this.#columns ? [] : [describePortal];
    connection.stream.write(Buffer.concat([...parse, this.#bind, ...describe, executeAndSync]));
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: readonly FieldDef[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#client.getTypeParser(dataTypeID, 'text'),
    }));
    this.#described.set(this.name, this.#columns);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    try {
      this.#rows.push(toRow(this.#columns ?? [], fields) as Row);
    } catch (error) {
      this.#unreadable = error as Error;
    }
  }

  handleError(error: Error): void {
    this.callback(error, []);
  }

  handleReadyForQuery(): void {
    this.callback(this.#unreadable, this.#rows);
  }

  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
}

/** After its statements were deallocated. */
export function forgetParsed(connection: Connection): void {
  (connection as unknown as Parsed).parsedStatements = {};
}

const describePortal = serialize.describe({ type: 'P' });
const executeAndSync = Buffer.concat([serialize.execute(), serialize.sync()]);

function toRow(columns: readonly Column[], fields: readonly (string | null)[]): object {
  const row: Record<string, unknown> = {};
  for (let i = 0; i < columns.length; i++) {
    const { name, parse } = columns[i]!;
    const text = fields[i] ?? null;
    row[name] = text === null ? null : parse(text);
  }
  return row;
}
