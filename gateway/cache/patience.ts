import type { VectorStore } from '../../subgraphs/store.ts';
import { redisReadMsMax, redisReadMsMin } from './bounds.ts';

/** How long a search waits for an answer of Redis, by how long the pods take. */
export interface Patience {
  readonly readMsMax: number;
  /** The same store, whose searches are timed. */
  timed<S extends Pick<VectorStore, 'search'>>(store: S): S;
}

/**
 * A fifth of what slow searches take, of which one in twenty is: then a Redis that is slow makes
 * the slow ones slower by about a fifth, whatever it does. What most searches take would be a worse
 * measure: a busy machine makes Redis late too, and giving it up makes the machine busier. It is one
 * measure for all collections.
 */
export function createPatience(): Patience {
  let slowMs = slowMsMax;

  /** Stays where it is when one in twenty is above. */
  function hear(tookMs: number): void {
    const next = slowMs * (tookMs > slowMs ? rise : rise ** (-1 / 19));
    slowMs = Math.min(Math.max(next, slowMsMin), slowMsMax);
  }

  return {
    get readMsMax() {
      return slowMs * share;
    },
    timed: (store) => ({
      ...store,
      async search(query, call) {
        const beganAt = performance.now();
        const answer = await store.search(query, call);
        hear(performance.now() - beganAt);
        return answer;
      },
    }),
  };
}

const share = 0.2;
const rise = 1.2;
/** Beyond them nothing changes. */
const slowMsMin = redisReadMsMin / share;
const slowMsMax = redisReadMsMax / share;
