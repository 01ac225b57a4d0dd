import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransport, type Transport } from '../../gateway/remote/transport.ts';
import { codeFrom, during } from '../support/store-calls.ts';

/** A pod that answers when a test lets it, and counts. */
async function startHeld() {
  const held: ServerResponse[] = [];
  let connectionCount = 0;
  let onHeld = (): void => {};
  const server = createServer((_, response) => {
    held.push(response);
    onHeld();
  });
  server.on('connection', () => void (connectionCount += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/graphql`,
    connectionCount: () => connectionCount,
    requestCount: () => held.length,
    async requests(count: number): Promise<void> {
      while (held.length < count) await new Promise<void>((resolve) => (onHeld = resolve));
    },
    answer(index: number, body = '{}'): void {
      held[index]!.setHeader('content-type', 'application/json').end(body);
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

const transportTo = (url: string, connectionsMax: number): Transport =>
  createTransport({ pod: 'held', url, connectionsMax, answerBytesMax: 1_000, waitingMax: 1_000 });

const document = { text: '', field: 'pods', isWrite: false } as const;
const ask = (transport: Transport, timeoutMs?: number): Promise<unknown> =>
  during((call) => transport.post(document, '{}', call), timeoutMs);

test('requests whose time ends in the line never go out, and cost no connection', async () => {
  const pod = await startHeld();
  const transport = transportTo(pod.url, 1);
  const first = ask(transport);
  await pod.requests(1);

  const late = await Promise.all(Array.from({ length: 5 }, () => codeFrom(ask(transport, 50))));
  expect(late).toEqual(Array.from({ length: 5 }, () => 'DEADLINE_EXCEEDED'));

  const patient = ask(transport);
  pod.answer(0);
  expect(await first).toEqual({});
  await pod.requests(2);
  pod.answer(1);
  expect(await patient).toEqual({});
  expect(pod.requestCount()).toBe(2);
  expect(pod.connectionCount()).toBe(1);
  await transport.close();
  pod.close();
});

test('a request that would have to wait behind a thousand others is refused', async () => {
  const pod = await startHeld();
  const transport = transportTo(pod.url, 1);
  const waiting = Array.from({ length: 1_001 }, () => codeFrom(ask(transport, 2_000)));
  await pod.requests(1);

  await expect(ask(transport)).rejects.toMatchObject({
    extensions: { code: 'OVERLOADED', pod: 'held' },
  });
  pod.answer(0);
  expect(await waiting[0]).toBe('none');
  await transport.close();
  await Promise.all(waiting);
  pod.close();
});

test('after a request that a pod kept too long the next one goes out on another connection', async () => {
  const pod = await startHeld();
  const transport = transportTo(pod.url, 1);

  expect(await codeFrom(ask(transport, 50))).toBe('DEADLINE_EXCEEDED');
  const next = ask(transport);
  await pod.requests(2);
  pod.answer(1);
  expect(await next).toEqual({});
  expect(pod.connectionCount()).toBe(2);
  await transport.close();
  pod.close();
});

test('closing waits for what is under way, and not for a pod that keeps silent', async () => {
  const pod = await startHeld();
  const transport = transportTo(pod.url, 2);
  const answered = ask(transport);
  await pod.requests(1);
  const kept = codeFrom(ask(transport));
  await pod.requests(2);

  const closed = transport.close();
  pod.answer(0);
  expect(await answered).toEqual({});
  await closed;
  expect(await kept).toBe('POD_UNAVAILABLE');
  pod.close();
});

test('an answer that is larger than a gateway wants to read is none', async () => {
  const pod = await startHeld();
  const transport = transportTo(pod.url, 1);
  const asked = ask(transport);
  await pod.requests(1);
  pod.answer(0, JSON.stringify({ data: { count: 'x'.repeat(2_000) } }));

  await expect(asked).rejects.toThrow('Pod "held" gave no usable answer.');
  await transport.close();
  pod.close();
});
