import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { errors } from '../../schema/errors.ts';
import { remainingMs, startCall, type Call } from '../call.ts';
import type { Embedder } from '../embedder.ts';
import type { Logger } from '../logger.ts';
import { createTurnstile } from '../turnstile.ts';
import { batchesOf } from './batches.ts';
import { createEndpointClient } from './endpoint-client.ts';
import { EndpointError, mayPass, shownError, type Failure } from './endpoint-error.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { createQueryEmbedding } from './query-embedding.ts';
import type { VectorCache } from './vector-cache.ts';

export interface EndpointEmbedder extends Embedder {
  close(): Promise<void>;
}

/**
 * An OpenAI-compatible endpoint: texts leave in batches, a few at a time, each tried again while
 * the endpoint is busy or broken and the call lasts. Every failure is one of the catalogue.
 */
export function createEndpointEmbedder(options: {
  readonly endpoint: EndpointOptions;
  readonly cache: VectorCache;
  readonly logger: Logger;
}): EndpointEmbedder {
  const { endpoint, cache, logger } = options;
  const { name, dimension, concurrencyMax, waitingMax } = endpoint;
  const client = createEndpointClient(endpoint);
  const turnstile = createTurnstile({ places: concurrencyMax, waitingMax });

  async function embedBatch(texts: readonly string[], call: Call): Promise<Float32Array[]> {
    const gone = (): Error => errors.deadlineExceeded(call.timeoutMs, { embedder: name });
    const full = (waiting: number): Error =>
      errors.embedderOverloaded(name, `has ${waiting} requests waiting`);
    // A batch keeps its place while it waits to be tried again: so all slow down when one must.
    await turnstile.enter(call, { full, gone });
    const failures: Failure[] = [];
    const attempt = () =>
      client.embed(texts, call).catch((error: unknown) => {
        if (error instanceof EndpointError) failures.push(error.failure);
        throw error;
      });
    try {
      return await patiently(attempt, call);
    } catch (error) {
      const last = failures.at(-1);
      // Also when it is the call that ended: the log says what all the time went into.
      if (last) logger.warn(loggedFailure(last, { texts, call }), 'embedder failed');
      if (call.aborted) throw gone();
      throw error instanceof EndpointError ? shownError(name, error.failure) : error;
    } finally {
      turnstile.leave();
    }
  }

  const loggedFailure = (failure: Failure, { texts, call }: Batch) => ({
    embedder: name,
    requestId: call.requestId,
    textCount: texts.length,
    ...failure,
    detail: withoutKey(failure.detail, endpoint.key).slice(0, detailCharactersMax),
  });

  async function embed(texts: readonly string[], call: Call): Promise<Float32Array[]> {
    const { timeoutMs, requestId } = call;
    const part = startCall({ timeoutMs, requestId, parent: call });
    try {
      // However many batches there are, they do not fill the line for everybody else.
      const embedded = await pLimit(concurrencyMax).map(batchesOf(texts, endpoint), (batch) =>
        embedBatch(batch, part),
      );
      return embedded.flat();
    } finally {
      // After a failure the other batches are for nothing.
      part.abort();
    }
  }

  return {
    name,
    dimension,
    embed,
    embedQuery: createQueryEmbedding({ endpoint, embed, cache }),
    close: () => client.close(),
  };
}

interface Batch {
  readonly texts: readonly string[];
  readonly call: Call;
}

const detailCharactersMax = 2_000;

/** Some endpoints, and what stands before them, repeat what they were sent. */
const withoutKey = (text: string, key: string | null): string =>
  key ? text.replaceAll(key, '[key]') : text;

const patiently = <T>(attempt: () => Promise<T>, call: Call): Promise<T> =>
  pRetry(attempt, {
    retries: 4,
    minTimeout: 200,
    factor: 2,
    maxTimeout: 5_000,
    // Those who failed together do not come back together.
    randomize: true,
    signal: call.signal,
    async shouldRetry({ error }) {
      if (!(error instanceof EndpointError) || !mayPass(error.failure)) return false;
      const { retryAfterMs } = error.failure;
      if (retryAfterMs >= remainingMs(call)) return false;
      await pause(retryAfterMs, undefined, { signal: call.signal });
      return true;
    },
  });
