import type { Registry } from 'prom-client';
import type { HotCache } from '../subgraphs/hot-cache.ts';
import type { Logger } from '../subgraphs/logger.ts';
import type { VectorStore } from '../subgraphs/store.ts';
import { createCacheMetrics, statsOf } from './cache/metrics.ts';
import type { CacheSettings, RedisPlace } from './cache/settings.ts';
import { createCachedStore } from './cached-store.ts';

export interface HotCacheOptions {
  /** All pods; closed with the cached one. */
  readonly store: VectorStore;
  readonly settings: CacheSettings;
  readonly redis: RedisPlace | null;
  readonly metrics: Registry;
  readonly logger: Logger;
}

/** A hot cache in front of a store, and what those who run it see and do of it. */
export function openHotCache({ metrics: registry, ...options }: HotCacheOptions): {
  readonly store: VectorStore;
  readonly cache: HotCache;
} {
  const metrics = createCacheMetrics();
  const store = createCachedStore({ ...options, events: metrics.events });
  metrics.show(store, registry);
  return {
    store,
    cache: {
      stats: () => statsOf(metrics.counts, store, options.settings),
      clear: (ref, call) => store.clear(ref, call),
    },
  };
}
