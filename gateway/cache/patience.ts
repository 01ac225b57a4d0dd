import type { VectorStore } from '../../subgraphs/store.ts';
import { redisReadMsMax, redisReadMsMin } from './bounds.ts';

/** How long a search may wait for Redis, by how long the pods take. */
export interface Patience {
  readonly readMsMax: number;
  /** The same store, of which it hears how long each search takes. */
  heard<S extends Pick<VectorStore, 'search'>>(store: S): S;
}

/**
 * A fifth of what a slow search takes, one in twenty, so that a Redis that is slow makes the slow
 * ones slower by a fifth at most. Not of what most take: where this machine is busy Redis is late
 * too, and without it there would be more to do.
 */
export function createPatience(): Patience {
  let slowMs = slowMsMax;

  /** Stays where it is when one in twenty is above. */
  function hear(tookMs: number): void {
    slowMs = Math.min(slowMs * (tookMs > slowMs ? rise : rise ** (-1 / 19)), slowMsMax);
  }

  return {
    get readMsMax() {
      return Math.max(slowMs * share, redisReadMsMin);
    },
    heard: (store) => ({
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
/** Above it nothing changes. */
const slowMsMax = redisReadMsMax / share;
const rise = 1.2;
