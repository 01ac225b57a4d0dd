import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a proxy does with what comes back. */
export type Weather =
  | { readonly kind: 'clear' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** In place of every answer. */
  | { readonly kind: 'garbage'; readonly bytes: string }
  /** Connections are taken, and nothing comes back. */
  | { readonly kind: 'silent' }
  /** Nothing comes back for now, and nothing is lost. */
  | { readonly kind: 'frozen' }
  /** Connections are broken, and no new ones taken. */
  | { readonly kind: 'cut' };

/** A server in between, whose weather a test makes. */
export async function startProxy(port: number) {
  let weather: Weather = { kind: 'clear' };
  const sockets = new Set<Socket>();
  const answering = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  };

  const server = createServer((near) => {
    keep(near);
    if (weather.kind === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    keep(far);
    near.on('data', (bytes) => far.write(bytes)).on('close', () => far.destroy());
    answering.add(far);
    far.on('close', () => {
      answering.delete(far);
      near.destroy();
    });
    far.on('data', (bytes) => {
      if (weather.kind === 'clear') near.write(bytes);
      if (weather.kind === 'garbage') near.write(weather.bytes);
      if (weather.kind === 'slow') setTimeout(() => near.write(bytes), weather.delayMs).unref();
    });
    if (weather.kind === 'frozen') far.pause();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

  return {
    port: (server.address() as AddressInfo).port,
    make(next: Weather): void {
      weather = next;
      if (next.kind === 'cut') for (const socket of sockets) socket.destroy();
      for (const far of answering) {
        if (next.kind === 'frozen') far.pause();
        else far.resume();
      }
    },
    async close(): Promise<void> {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
