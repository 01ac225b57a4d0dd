import DataLoader from 'dataloader';
import { isCallerMistake } from '../../schema/errors.ts';
import { startCall, type Call } from '../call.ts';
import type { Embedder } from '../embedder.ts';
import { within } from '../within.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import type { VectorCache } from './vector-cache.ts';

/**
 * How an endpoint makes vectors of texts to search by: a text is asked once, however many wait for
 * it, and remembered; texts that come together leave in one request. A request is given up when
 * nobody waits for any of its texts any more.
 */
export function createQueryEmbedding(options: {
  readonly endpoint: EndpointOptions;
  readonly embed: Embedder['embed'];
  readonly cache: VectorCache;
}): Embedder['embedQuery'] {
  const { endpoint, embed, cache } = options;
  const { name, model, dimension } = endpoint;
  const keyOf = (text: string): string => [name, model, dimension, text].join('\0');
  const flights = new Map<string, Flight>();

  async function embedTogether(asked: readonly Asked[]): Promise<(Float32Array | Error)[]> {
    const call = startCall({ timeoutMs: flightMsMax, requestId: asked[0]!.requestId });
    const giveUp = (): void => {
      if (asked.every(({ waitingCount }) => waitingCount === 0)) call.abort();
    };
    for (const one of asked) one.onLeft = giveUp;
    giveUp();
    const texts = asked.map(({ text }) => text);
    const vectors = await embedEach(texts, embed, call);
    call.end();
    vectors.forEach((vector, i) => {
      if (vector instanceof Float32Array) cache.set(keyOf(texts[i]!), vector);
    });
    return vectors;
  }

  const loader = new DataLoader(embedTogether, {
    // The texts of one GraphQL request come when their collections are known: almost at once.
    batchScheduleFn: (leave) => setTimeout(leave, gatherMs),
    maxBatchSize: endpoint.batchTextsMax,
    cache: false,
  });

  function start(text: string, { requestId }: Call): Flight {
    const asked: Asked = { text, requestId, waitingCount: 0, onLeft: () => {} };
    const flight = { asked, vector: loader.load(asked) };
    flights.set(text, flight);
    return flight;
  }

  return async (text, call) => {
    const known = cache.get(keyOf(text));
    if (known) return known;
    const { asked, vector } = flights.get(text) ?? start(text, call);
    asked.waitingCount += 1;
    try {
      return await within(call, vector, { embedder: name });
    } finally {
      asked.waitingCount -= 1;
      if (asked.waitingCount === 0) {
        flights.delete(text);
        asked.onLeft();
      }
    }
  };
}

/** Little beside what an endpoint takes. */
const gatherMs = 5;

/** Whoever waits has a shorter patience of their own. */
const flightMsMax = 120_000;

/** A text and those who wait for it; the last to leave says so. */
interface Asked {
  readonly text: string;
  /** Of the first, for the log. */
  readonly requestId: string;
  waitingCount: number;
  onLeft: () => void;
}

interface Flight {
  readonly asked: Asked;
  readonly vector: Promise<Float32Array>;
}

/** A text that the endpoint refuses fails alone: the others that left with it are other people's. */
async function embedEach(
  texts: readonly string[],
  embed: Embedder['embed'],
  call: Call,
): Promise<(Float32Array | Error)[]> {
  try {
    return await embed(texts, call);
  } catch (error) {
    if (texts.length === 1 || !isCallerMistake(error)) return texts.map(() => error as Error);
    const apart = await Promise.all(texts.map((text) => embedEach([text], embed, call)));
    return apart.flat();
  }
}
