import { codeOf, errors } from '../../schema/errors.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { scatter, type Gathered } from '../scatter.ts';

export interface NamedStore {
  readonly name: string;
  readonly store: VectorStore;
}

interface Named {
  readonly name: string;
}

type Scatter = <P extends Named, T>(
  parts: readonly P[],
  ask: (store: VectorStore, part: P) => Promise<T>,
) => Promise<Gathered<P, T>>;

/** The configured pods. */
export interface Pods {
  readonly all: readonly NamedStore[];
  /** Throws POD_UNAVAILABLE for a pod that a placement names and the configuration does not. */
  store(name: string): VectorStore;
  /** Ask the pods of these names at once; never rejects. Bugs among the failures are logged. */
  readonly scatter: Scatter;
  /** The same, and nothing is logged: for what is asked all the time, with hardly any patience. */
  readonly scatterQuietly: Scatter;
}

export function createPods(all: readonly NamedStore[], logger: Logger): Pods {
  const byName = new Map(all.map((pod) => [pod.name, pod.store]));

  function storeOf(name: string): VectorStore {
    const store = byName.get(name);
    if (!store) throw errors.podUnavailable(name, 'is not among the configured pods');
    return store;
  }

  const watch = createWatch(logger);
  const scatterQuietly: Scatter = (parts, ask) =>
    scatter(parts, async (part) => ask(storeOf(part.name), part));

  return {
    all,
    store: storeOf,
    scatterQuietly,
    async scatter(parts, ask) {
      const gathered = await scatterQuietly(parts, ask);
      for (const { from } of gathered.answers) watch.answered(from.name);
      for (const { pod, error } of gathered.failures) watch.failed(pod, error);
      return gathered;
    },
  };
}

/** Tells the log when a pod goes and when it comes back, and not at each request in between. */
function createWatch(logger: Logger) {
  const silent = new Set<string>();
  return {
    answered(pod: string): void {
      if (silent.delete(pod)) logger.info({ pod }, 'pod answers again');
    },
    failed(pod: string, error: Error): void {
      const code = codeOf(error);
      if (code === undefined) logger.error({ pod, err: error }, 'unexpected error');
      if (code !== 'POD_UNAVAILABLE' && code !== 'DEADLINE_EXCEEDED') return;
      if (!silent.has(pod))
        logger.warn({ pod, code, reason: error.message }, 'pod does not answer');
      silent.add(pod);
    },
  };
}
