import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, errors } from '../schema/errors.ts';
import type { Logger } from '../subgraphs/logger.ts';
import type { VectorStore } from '../subgraphs/store.ts';

export interface Opened {
  readonly store: VectorStore;
  /** Resolves when the store will never answer again, such as when its process has ended. */
  readonly lost?: Promise<unknown>;
}

export interface ReconnectingOptions {
  readonly pod: string;
  /** Opens the store within a time of its own. */
  readonly open: () => Promise<Opened>;
  /** The first try must succeed. */
  readonly mustBeUp: boolean;
  readonly retryMs: number;
  readonly logger: Logger;
}

/**
 * A store that need not be there yet: while it cannot be opened, everything asked of it fails with
 * POD_UNAVAILABLE and it is tried again. Rejects when the first try finds anything but a pod that
 * is down, such as another pod's database: no waiting would help.
 */
export async function openReconnectingStore(options: ReconnectingOptions): Promise<VectorStore> {
  const { pod, open, mustBeUp, retryMs, logger } = options;
  const closing = new AbortController();
  let current: VectorStore | null = null;

  async function tryOnce(): Promise<void> {
    const { store, lost } = await open();
    if (closing.signal.aborted) return store.close();
    current = store;
    void lost?.then(() => reopen(store));
  }

  async function reopen(lost: VectorStore): Promise<void> {
    if (closing.signal.aborted) return;
    current = null;
    logger.error({ pod }, 'pod lost');
    await lost.close().catch(() => undefined);
    await keepTrying();
  }

  async function keepTrying(): Promise<void> {
    while (!closing.signal.aborted && current === null) {
      await sleep(retryMs, null, { signal: closing.signal }).catch(() => null);
      if (closing.signal.aborted) return;
      await tryOnce().catch((error: unknown) => {
        logger.warn({ pod, err: error }, 'pod cannot be opened');
      });
    }
  }

  await tryOnce().catch((error: unknown) => {
    if (mustBeUp || !isDown(error)) throw error;
    logger.warn({ pod, err: error }, 'pod is not up yet');
    void keepTrying();
  });

  return createDelegate(
    () => {
      if (current) return current;
      throw errors.podUnavailable(pod, 'is not up yet');
    },
    async () => {
      closing.abort();
      await current?.close();
    },
  );
}

const isDown = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === 'POD_UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
};

/** Whatever is asked of it goes to the store of that moment; `store` throws while there is none. */
export function createDelegate(store: () => VectorStore, close: () => Promise<void>): VectorStore {
  return {
    describe: async (...args) => store().describe(...args),
    search: async (...args) => store().search(...args),
    fetch: async (...args) => store().fetch(...args),
    scan: async (...args) => store().scan(...args),
    count: async (...args) => store().count(...args),
    upsert: async (...args) => store().upsert(...args),
    updateMetadata: async (...args) => store().updateMetadata(...args),
    delete: async (...args) => store().delete(...args),
    listCollections: async (...args) => store().listCollections(...args),
    inspect: async (...args) => store().inspect(...args),
    changes: async (...args) => store().changes(...args),
    watch: async (...args) => store().watch(...args),
    createCollection: async (...args) => store().createCollection(...args),
    deleteCollection: async (...args) => store().deleteCollection(...args),
    createIndex: async (...args) => store().createIndex(...args),
    dropIndex: async (...args) => store().dropIndex(...args),
    listBuckets: async (...args) => store().listBuckets(...args),
    createBucket: async (...args) => store().createBucket(...args),
    deleteBucket: async (...args) => store().deleteBucket(...args),
    pods: async (...args) => store().pods(...args),
    report: async (...args) => store().report(...args),
    close,
  };
}
