import { Pool, type Dispatcher } from 'undici';
import { inPart, type Call } from '../call.ts';
import { readAnswer } from './endpoint-answer.ts';
import { EndpointError, failureOfStatus } from './endpoint-error.ts';
import type { EndpointOptions } from './endpoint-options.ts';

export interface EndpointClient {
  /** One request, tried once. Rejects with an EndpointError, or when the call is aborted. */
  embed(texts: readonly string[], call: Call): Promise<Float32Array[]>;
  close(): Promise<void>;
}

export function createEndpointClient(endpoint: EndpointOptions): EndpointClient {
  const { key, concurrencyMax, batchTextsMax, dimension, timeoutMs } = endpoint;
  const { origin, pathname, search } = new URL(endpoint.url);
  const path = `${pathname.replace(/\/+$/, '')}/embeddings${search}`;
  const pool = new Pool(origin, {
    connections: concurrencyMax,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    // The end of the attempt ends every wait.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: batchTextsMax * dimension * numberBytesMax + otherBytesMax,
  });
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(key ? { authorization: `Bearer ${key}` } : {}),
  };

  async function attempt(body: string, part: Call): Promise<string> {
    const { signal } = part;
    const answer = await pool.request({ method: 'POST', path, headers, body, signal });
    const text = await answer.body.text();
    if (answer.statusCode >= 200 && answer.statusCode < 300) return text;
    throw failureOfStatus(answer.statusCode, retryAfterOf(answer), text);
  }

  return {
    embed: (texts, call) =>
      inPart(call, timeoutMs, async (part) => {
        const text = await attempt(bodyOf(texts, endpoint), part).catch((error: unknown) => {
          if (error instanceof EndpointError || call.aborted) throw error;
          if (part.aborted) throw slow(timeoutMs);
          throw brokenBy(error);
        });
        return readAnswer(text, { count: texts.length, dimension });
      }),
    close: () => pool.destroy(),
  };
}

/** No server writes more digits of a number, and no more beside the numbers, or of an error. */
const numberBytesMax = 32;
const otherBytesMax = 1_024 * 1_024;

const bodyOf = (texts: readonly string[], endpoint: EndpointOptions): string =>
  JSON.stringify({
    model: endpoint.model,
    input: texts,
    encoding_format: endpoint.encoding,
    ...(endpoint.sendDimension ? { dimensions: endpoint.dimension } : {}),
  });

function retryAfterOf({ headers }: Dispatcher.ResponseData): string | undefined {
  const value = headers['retry-after'];
  return Array.isArray(value) ? value[0] : value;
}

const slow = (timeoutMs: number): EndpointError =>
  new EndpointError({ kind: 'broken', why: `gave no answer within ${timeoutMs} ms` });

/** undici's errors name the host: that is for the log. */
function brokenBy(error: unknown): EndpointError {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (codeOf(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new EndpointError({ kind: 'unusable', why: 'gave too long an answer', detail });
  }
  return new EndpointError({ kind: 'broken', why: 'cannot be reached, or broke off', detail });
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
