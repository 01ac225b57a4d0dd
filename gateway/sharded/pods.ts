import { errors } from '../../schema/errors.ts';
import type { VectorStore } from '../../subgraphs/store.ts';

export interface NamedStore {
  readonly name: string;
  readonly store: VectorStore;
}

/** The configured pods. */
export interface Pods {
  readonly all: readonly NamedStore[];
  /** Throws POD_UNAVAILABLE for a pod that a placement names and the configuration does not. */
  store(name: string): VectorStore;
}

export function createPods(all: readonly NamedStore[]): Pods {
  const byName = new Map(all.map(({ name, store }) => [name, store]));
  return {
    all,
    store(name) {
      const store = byName.get(name);
      if (!store) throw errors.podUnavailable(name, 'is not among the configured pods');
      return store;
    },
  };
}
