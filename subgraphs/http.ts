import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { errors } from '../schema/errors.ts';
import type { Limits } from '../schema/limits.ts';
import { requestTimes, startCall, type Call } from './call.ts';
import type { Logger } from './logger.ts';
import { maskError } from './mask.ts';
import type { VectorStore } from './store.ts';

/** A server that listens. `close` lets requests in flight finish, then frees the port. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

export interface HttpOptions {
  readonly store: VectorStore;
  readonly limits: Limits;
  readonly logger: Logger;
  /** What is asked of it first; nothing when left out. */
  readonly door?: (isClosing: () => boolean) => Door;
}

/** Whether it answers this request itself; one that it leaves alone is untouched. */
export type Door = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What pods and gateways have in common: request ids, JSON errors, a body limit, health. */
export function createHttp({ store, limits, logger, door }: HttpOptions): FastifyInstance {
  let closing = false;
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    // Metadata may have such keys. JSON.parse makes own properties of them, which do no harm.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    genReqId: requestIdOf,
    requestTimeout: limits.timeoutMsMax,
    // Longer than any client's, or a client sends on a connection that we are closing.
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
  });

  if (door)
    putBefore(
      app,
      door(() => closing),
    );
  const unused = unusedConnections(app.server);
  app.addHook('preClose', (done) => {
    closing = true;
    for (const socket of unused) socket.destroy();
    done();
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-request-id', request.id);
    // Otherwise the connection of a request in flight would stay open, idle, and delay the end.
    if (closing) reply.header('connection', 'close');
    done();
  });

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const context = { logger, requestId: request.id };
    return sendError(reply, error.statusCode ?? 500, shownError(error, request, limits, context));
  });
  app.setNotFoundHandler((request, reply) => {
    const path = errors.badRequest('path', `There is nothing at ${request.method} ${request.url}.`);
    return sendError(reply, 404, path.toJSON());
  });
  addHealth(app, store);
  return app;
}

/** Not by `serverFactory`, with which Fastify listens at one address of several. */
function putBefore({ server }: FastifyInstance, enters: Door): void {
  const handlers = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (enters(request, response)) return;
    for (const handle of handlers) handle(request, response);
  });
}

/**
 * Those on which nothing was asked yet, as browsers open them in advance. Node takes them for in
 * use, and a server that closes would wait for them.
 */
function unusedConnections(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => unused.delete(socket));
  return unused;
}

/** Start to listen; when the port is not to be had, the error says so in plain words. */
export async function listen(
  app: FastifyInstance,
  options: { readonly host: string; readonly port: number; readonly drainMsMax: number },
): Promise<Running> {
  const { host, port, drainMsMax } = options;
  const url = await app.listen({ host, port }).catch(async (error: unknown) => {
    await app.close();
    throw busyPort(error, host, port);
  });

  return {
    url,
    async close() {
      const force = setTimeout(() => app.server.closeAllConnections(), drainMsMax);
      await app.close();
      clearTimeout(force);
    },
  };
}

/** Rejects when `listen` would, for those who have much to do before they listen. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw busyPort(error, host, port);
  } finally {
    server.close();
  }
}

/** The call of an HTTP request: it ends with the response, and when the client goes away. */
export const callOf = (request: FastifyRequest, reply: FastifyReply, limits: Limits): Started =>
  callFor(request.headers, reply.raw, { requestId: request.id, limits });

interface Started {
  readonly call: Call;
  readonly operationMs: number;
}

/** The same, without the framework. */
export function callFor(
  headers: IncomingHttpHeaders,
  response: ServerResponse,
  { requestId, limits }: { readonly requestId: string; readonly limits: Limits },
): Started {
  const { requestMs, operationMs } = requestTimes(firstOf(headers['x-timeout-ms']), limits);
  const call = startCall({ timeoutMs: requestMs, requestId });
  response.once('close', () => {
    if (!response.writableFinished) call.abort();
    call.end();
  });
  return { call, operationMs };
}

export const headerOf = (request: FastifyRequest, name: string): string | undefined =>
  firstOf(request.headers[name]);

const firstOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

export const sendError = (
  reply: FastifyReply,
  status: number,
  error: GraphQLFormattedError,
): FastifyReply => reply.code(status).send({ errors: [error] });

/** A caller's own id goes through the whole system, unless it could spoil a log. */
export function requestIdOf({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Malformed JSON, too large a body and the like are the caller's; the rest is ours. */
export function shownError(
  error: FastifyError,
  request: FastifyRequest,
  limits: Limits,
  context: { readonly logger: Logger; readonly requestId: string },
): GraphQLFormattedError {
  const status = error.statusCode ?? 500;
  if (status >= 500) return maskError(error, context);
  if (status !== 413) return errors.badRequest('body', error.message).toJSON();
  const bytesMax = limits.bodyBytesMax;
  // Not of a body that is sent in pieces; of a compressed one it says too little.
  const length = Number(headerOf(request, 'content-length') ?? 0);
  return errors.limitExceeded('body', 'bytes', bytesMax, Math.max(length, bytesMax + 1)).toJSON();
}

/** Live: the process answers. Ready: at least one pod does too. */
function addHealth(app: FastifyInstance, store: VectorStore): void {
  app.get('/health/live', () => ({ live: true }));
  app.get('/health/ready', async (request, reply) => {
    const pods = await podsOf(store, request.id);
    const ready = pods.some((pod) => pod.healthy);
    reply.code(ready ? 200 : 503);
    return { ready, pods };
  });
}

const healthMsMax = 2_000;

async function podsOf(store: VectorStore, requestId: string) {
  const call = startCall({ timeoutMs: healthMsMax, requestId });
  try {
    const pods = await store.pods(call);
    return pods.map(({ name, healthy }) => ({ name, healthy }));
  } catch {
    return [];
  } finally {
    call.end();
  }
}

function busyPort(error: unknown, host: string, port: number): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === 'EADDRINUSE') {
    return new Error(
      `Port ${port} of ${host} must be free; another program listens there. Stop it, or choose another port with --port.`,
    );
  }
  if (code === 'EACCES') return new Error(`Port ${port} of ${host} needs a privileged user.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Error(`The host must be an address of this machine; got "${host}".`);
  }
  return error;
}
