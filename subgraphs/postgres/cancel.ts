import { connect } from 'node:net';
import type { Client } from 'pg';

/**
 * Ask the server to cancel what the client's connection is doing. Settles when the request's own
 * socket has closed: until then the cancellation can still hit the connection's next statement.
 * Never rejects: a request that did not arrive leaves the statement running.
 */
export function requestCancel(client: Client): Promise<void> {
  const { processID, secretKey } = client as Client & BackendKey;
  const { host, port } = client;
  const socket = connect(
    host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
  );
  socket.setTimeout(cancelTimeoutMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  // Without a reader the server's end of the connection would go unnoticed.
  socket.resume();
  socket.write(cancelRequest(processID, secretKey));
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

const cancelTimeoutMs = 5_000;
const CANCEL_REQUEST = 80_877_102;

/** What the server told the client about its session; missing in the types of `pg`. */
interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

function cancelRequest(processId: number, secretKey: number): Buffer {
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(CANCEL_REQUEST, 4);
  packet.writeInt32BE(processId, 8);
  packet.writeInt32BE(secretKey, 12);
  return packet;
}
