import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRequestCutter } from './requests.ts';
import type { ClientRequest } from './requests.ts';

/** The one session that all clients share; PGlite has it. */
export interface Session {
  execProtocolRawStream(
    message: Uint8Array,
    options: { onRawData(data: Uint8Array): void },
  ): Promise<void>;
  isInTransaction(): boolean;
}

export interface SessionServer {
  close(): Promise<void>;
}

/** A client that leaves its transaction open and says nothing is cut off: all others wait for it. */
const idleInTransactionMs = 30_000;

/**
 * Serve one session to several clients on a unix socket, one request at a time: a batch runs
 * whole, and a client with an open transaction keeps its turn, so unnamed statements never mix.
 * Settings and named statements are everybody's, cancel requests change nothing, and the session
 * does not survive a `copy ... from stdin`.
 */
export async function serveSession(session: Session, path: string): Promise<SessionServer> {
  const clients = new Set<Socket>();
  const turns = createTurns(session);

  const server = createServer((client) => {
    clients.add(client);
    client.setTimeout(idleInTransactionMs, () => {
      if (turns.holder() === client) client.destroy();
    });
    client.on('error', () => client.destroy());
    client.on('close', () => {
      clients.delete(client);
      turns.leave(client);
    });
    const cut = createRequestCutter();
    client.on('data', (chunk) => {
      try {
        for (const request of cut(chunk)) answer(client, request, turns);
      } catch {
        client.destroy();
      }
    });
  });

  server.listen(path);
  await once(server, 'listening');
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const client of clients) client.destroy();
      await Promise.all([closed, turns.close()]);
    },
  };
}

function answer(client: Socket, request: ClientRequest, turns: Turns): void {
  switch (request.kind) {
    case 'encryption':
      client.write('N');
      return;
    case 'startup':
    case 'batch':
      turns.ask(client, request.bytes);
      return;
    case 'end':
      client.end();
      return;
    default:
      request satisfies never;
  }
}

interface Turns {
  ask(client: Socket, bytes: Buffer): void;
  leave(client: Socket): void;
  /** The client whose transaction is open. */
  holder(): Socket | null;
  /** Resolves when the session is left alone, for good. */
  close(): Promise<void>;
}

function createTurns(session: Session): Turns {
  let waiting: { readonly client: Socket; readonly bytes: Buffer }[] = [];
  let holder: Socket | null = null;
  let running: Promise<void> | null = null;
  let closed = false;

  function takeNext() {
    const index = holder ? waiting.findIndex((turn) => turn.client === holder) : 0;
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  }

  /** Rejects only when the session itself is broken, which ends the process. */
  async function run(): Promise<void> {
    for (let turn = takeNext(); turn; turn = takeNext()) {
      const { client, bytes } = turn;
      await session.execProtocolRawStream(bytes, {
        // A copy: `data` is a view of the session's memory.
        onRawData: (data) => void (client.writable && client.write(Buffer.from(data))),
      });
      holder = session.isInTransaction() ? client : null;
      // Statements run synchronously; sockets and signals need a moment of their own.
      await nextTurn();
    }
  }

  function ask(client: Socket, bytes: Buffer): void {
    if (closed) return;
    waiting.push({ client, bytes });
    running ??= run().finally(() => (running = null));
  }

  return {
    ask,
    leave(client) {
      waiting = waiting.filter((turn) => turn.client !== client);
      // Whether or not a transaction is open now: a statement that runs may be opening one.
      ask(client, rollback);
    },
    holder: () => holder,
    async close() {
      closed = true;
      waiting = [];
      await running;
    },
  };
}

const rollback = Buffer.from('Q\0\0\0\x0drollback\0', 'latin1');
