import { once } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';

/** The part of pg's connection that COPY needs, which its types leave out. */
interface CopyConnection {
  readonly stream: Writable;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Bytes on their way into a table by COPY. */
export interface CopyIn {
  write(chunk: Buffer): Promise<void>;
  /** Sends the end; resolves when the database has committed. */
  end(): Promise<void>;
}

/** Begin `copy ... from stdin` on a connection of its own. */
export async function startCopy(url: string, text: string): Promise<CopyIn> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { connection, finished } = await submit(client, text);
  return {
    async write(chunk) {
      connection.sendCopyFromChunk(chunk);
      if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
    },
    async end() {
      connection.endCopyFrom();
      await finished;
      await client.end();
    },
  };
}

/** What pg calls a submittable: it answers the messages of one statement. */
function submit(
  client: pg.Client,
  text: string,
): Promise<{ readonly connection: CopyConnection; readonly finished: Promise<void> }> {
  return new Promise((started, failed) => {
    const finished = new Promise<void>((resolve, reject) => {
      const statement = {
        submit: (connection: CopyConnection) => connection.query(text),
        handleCopyInResponse: (connection: CopyConnection) => started({ connection, finished }),
        handleCommandComplete() {},
        handleReadyForQuery: resolve,
        handleError: reject,
      };
      client.query(statement as unknown as pg.Submittable);
    });
    finished.catch(failed);
  });
}
