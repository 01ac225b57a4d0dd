import { Pool } from 'undici';
import { errors } from '../../schema/errors.ts';
import { parseJson } from '../../schema/json.ts';
import { remainingMs, type Call } from '../../subgraphs/call.ts';
import { operationHeader } from '../../subgraphs/search-wire.ts';
import { createTurnstile } from '../../subgraphs/turnstile.ts';
import type { Document } from './documents.ts';
import { isObject } from './reader.ts';

/** JSON over HTTP to one pod, over connections that are kept. */
export interface Transport {
  /** The body of the answer, parsed and not yet trusted. Rejects with errors of the catalogue. */
  post(document: Document, body: string, call: Call): Promise<unknown>;
  close(): Promise<void>;
}

export interface TransportOptions {
  /** The name that the pod must have: it refuses what is meant for another. */
  readonly pod: string;
  /** It does not refuse: any pod may answer. */
  readonly anyPod?: boolean;
  readonly url: string;
  readonly connectionsMax: number;
  readonly waitingMax: number;
  readonly answerBytesMax: number;
}

/** Reads may be asked twice: a kept connection can break at the moment it is used. */
const readAttemptsMax = 2;

const connectMs = 10_000;
const closingMs = 2_000;
const wayHomeMsMax = 50;

export function createTransport(options: TransportOptions): Transport {
  const { pod, anyPod = false, url, connectionsMax, waitingMax, answerBytesMax } = options;
  const { origin, pathname } = new URL(url);
  const path = pathname === '/' ? '/graphql' : pathname;
  const pool = new Pool(origin, {
    connections: connectionsMax,
    pipelining: 1,
    connect: { timeout: connectMs },
    // The end of the call ends every wait.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: answerBytesMax,
  });

  // Nobody waits in the pool's own line: it is endless, and one who leaves it costs a connection.
  const turnstile = createTurnstile({ places: connectionsMax, waitingMax });

  const enter = (call: Call): Promise<void> | undefined =>
    turnstile.enter(call, {
      full: (waiting) => errors.overloaded(pod, waiting),
      gone: () => errors.deadlineExceeded(call.timeoutMs, { pod, outcome: 'notWritten' }),
    });

  /** Whoever the turnstile has let in. */
  async function send(body: string, call: Call, operation?: string): Promise<unknown> {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(anyPod ? {} : { 'x-quiver-pod': pod }),
      'x-timeout-ms': String(timeFor(call)),
      'x-request-id': call.requestId,
      ...(operation ? { [operationHeader]: operation } : {}),
    };
    const request = { method: 'POST', path, headers, body } as const;
    return parseJson(await dispatch(pool, request, { call, done: turnstile.leave }));
  }

  return {
    async post({ isWrite, operation }, body, call) {
      for (let attempt = 1; ; attempt++) {
        const turn = enter(call);
        if (turn) await turn;
        try {
          return await send(body, call, operation);
        } catch (error) {
          const again = !isWrite && attempt < readAttemptsMax && isBrokenConnection(error);
          if (!again || call.aborted) throw reasonOf(error, { pod, isWrite, call });
        }
      }
    },
    /** Waits for what is running, but not for long. */
    async close() {
      const impatience = setTimeout(() => void pool.destroy(), closingMs);
      await pool.close().finally(() => clearTimeout(impatience));
    },
  };
}

/**
 * A pod has less than is left, so that the answer is home in time also when a part of it is that
 * something took too long: a shard of its own, one count of many.
 */
function timeFor(call: Call): number {
  const leftMs = remainingMs(call);
  return Math.max(1, Math.floor(leftMs - Math.min(leftMs / 10, wayHomeMsMax)));
}

/**
 * The text of an answer. Without the streams and signals of `request`, which cost 0.1 ms a pod.
 * `done`: the request has left the pool, which can be later than its call ends.
 */
function dispatch(
  pool: Pool,
  options: Parameters<Pool['dispatch']>[0],
  { call, done }: { readonly call: Call; readonly done: () => void },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let abort: (() => void) | undefined;
    const stay = call.onAbort(() => {
      if (!abort) return reject(new NotSent());
      abort();
      reject(errors.deadlineExceeded(call.timeoutMs));
    });

    pool.dispatch(options, {
      onRequestStart(controller) {
        abort = () => controller.abort(errors.deadlineExceeded(call.timeoutMs));
        if (call.aborted) abort();
      },
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd() {
        done();
        stay();
        resolve(Buffer.concat(chunks).toString());
      },
      onResponseError(_, error) {
        done();
        stay();
        reject(error);
      },
    });
  });
}

/** Its connection was not there yet when its call ended: it will not go out. */
class NotSent extends Error {}

/** Messages name no host: they are shown to callers. */
function reasonOf(
  error: unknown,
  { pod, isWrite, call }: { readonly pod: string; readonly isWrite: boolean; readonly call: Call },
): Error {
  const outcome = isWrite && !(error instanceof NotSent) ? 'unknown' : 'notWritten';
  if (call.aborted) return errors.deadlineExceeded(call.timeoutMs, { pod, outcome });
  const code = codeOf(error);
  if (notConnected.has(code)) return errors.podUnavailable(pod, 'does not take connections');
  if (isBrokenConnection(error)) return errors.podUnavailable(pod, 'broke the connection', outcome);
  return errors.podUnavailable(pod, 'gave no usable answer', outcome);
}

/** Nothing was sent. */
const notConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
]);

const broken: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

const isBrokenConnection = (error: unknown): boolean => broken.has(codeOf(error));

/** Addresses that were tried one after the other come as one error. */
function codeOf(error: unknown): string {
  if (!isObject(error)) return '';
  const { code, errors: tried } = error;
  return typeof code === 'string' ? code : codeOf(Array.isArray(tried) ? tried[0] : undefined);
}
