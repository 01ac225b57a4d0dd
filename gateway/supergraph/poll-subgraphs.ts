import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../subgraphs/logger.ts';
import { repeat } from '../repeat.ts';
import { fetchSdl, type Subgraph } from '../subgraph-client.ts';

export interface PollOptions {
  readonly pollMs: number;
  readonly logger: Logger;
  /** A schema that is not the one before. */
  readonly onSdl: (subgraph: Subgraph, sdl: string) => void;
}

export interface SubgraphPolls {
  /** When each has answered or failed once, or has let us wait. */
  readonly first: Promise<unknown>;
  close(): Promise<void>;
}

/** A start does not wait longer for subgraphs that keep silent. */
const firstMsMax = 2_000;
const pauseMsMin = 250;

/**
 * Ask other teams' subgraphs for their schemas again and again. One that does not answer is said
 * once, and keeps the schema that it had; one that has none yet is asked after growing pauses.
 */
export function pollSubgraphs(subgraphs: readonly Subgraph[], options: PollOptions): SubgraphPolls {
  const end = new AbortController();
  const { signal } = end;
  // One for each subgraph; from eleven on Node would warn of a leak.
  setMaxListeners(0, signal);
  const polls = subgraphs.map((subgraph) => repeat(createAsker(subgraph, signal, options), signal));
  const allAsked = Promise.all(polls.map(({ first }) => first));
  return {
    first: Promise.race([allAsked, sleep(firstMsMax, undefined, { ref: false })]),
    async close() {
      end.abort();
      await Promise.all(polls.map(({ ended }) => ended));
    },
  };
}

/** Asks once, and says how long to wait before the next time. */
function createAsker(
  subgraph: Subgraph,
  signal: AbortSignal,
  { pollMs, logger, onSdl }: PollOptions,
): () => Promise<number> {
  const { name } = subgraph;
  let known: string | null = null;
  let failureCount = 0;

  function failed(error: unknown): number {
    if (failureCount === 0 && !signal.aborted) {
      const until = known === null ? 'its fields are missing until then' : 'it keeps the old one';
      logger.warn({ subgraph: name, err: error }, `a subgraph gives no schema; ${until}`);
    }
    const pauseMs = pauseMsMin * 2 ** failureCount;
    failureCount += 1;
    return known === null ? Math.min(pauseMs, pollMs) : pollMs;
  }

  return async () => {
    try {
      const sdl = await fetchSdl(subgraph, signal);
      if (failureCount > 0) logger.info({ subgraph: name }, 'a subgraph gives its schema again');
      failureCount = 0;
      if (sdl !== known) onSdl(subgraph, sdl);
      known = sdl;
      return pollMs;
    } catch (error) {
      return failed(error);
    }
  };
}
