import { errors } from '../schema/errors.ts';
import type { Call } from '../subgraphs/call.ts';
import type { Logger } from '../subgraphs/logger.ts';
import type { CollectionRef, VectorStore } from '../subgraphs/store.ts';
import { createAdmission } from './cache/admission.ts';
import * as bounds from './cache/bounds.ts';
import type { CacheEvents } from './cache/events.ts';
import { createLoneTier } from './cache/lone-tier.ts';
import { createMemoryTier } from './cache/memory-tier.ts';
import { createPatience, type Patience } from './cache/patience.ts';
import { createPolls } from './cache/polls.ts';
import { createRedisClient } from './cache/redis-client.ts';
import { createRedisTier } from './cache/redis-tier.ts';
import { createSearches } from './cache/searches.ts';
import type { CacheSettings, RedisPlace } from './cache/settings.ts';
import type { SharedTier } from './cache/shared-tier.ts';
import { createWrites } from './cache/writes.ts';

export interface CachedStore extends VectorStore {
  /** What is kept in this process. */
  readonly memory: { readonly entries: number; readonly bytes: number };
  /** null: there is no Redis. */
  readonly isRedisResting: boolean | null;
  /** Nothing that has been kept of the collection is served again, by any gateway. */
  clear(ref: CollectionRef, call: Call): Promise<void>;
}

export interface CachedStoreOptions {
  /** All pods, as their primaries have them. Closed with this one. */
  readonly store: VectorStore;
  readonly settings: CacheSettings;
  readonly redis: RedisPlace | null;
  readonly events: CacheEvents;
  readonly logger: Logger;
  /** With Redis; one that goes by this store's own searches when left out. */
  readonly patience?: Patience;
}

/**
 * A store with a hot cache in front of it: searches that are seen again are answered from memory or
 * Redis. No search that begins after a write was acknowledged shows the state before it.
 */
export function createCachedStore(options: CachedStoreOptions): CachedStore {
  const { settings, redis, events, patience = createPatience() } = options;
  const store = patience.timed(options.store);
  const memory = createMemoryTier({
    bytesMax: settings.maxBytes,
    entryBytesMax: settings.maxEntryBytes,
    ttlMs: settings.ttlMs,
  });
  const shared = redis ? openRedis(redis, { ...options, patience }) : createLoneTier();
  const polls = createPolls({
    store,
    everyMs: bounds.pollEveryMs,
    keepMs: bounds.pollForMs,
    timeoutMs: bounds.pollMsMax,
  });
  const admission = createAdmission({
    admitAfter: settings.admitAfter,
    windowMs: settings.ttlMs,
    keysMax: bounds.admissionKeysMax,
  });

  return {
    ...store,
    search: createSearches({ store, memory, shared, polls, admission, events }),
    ...createWrites(store, shared),
    get memory() {
      return { entries: memory.size, bytes: memory.bytes };
    },
    get isRedisResting() {
      return redis && shared.isResting;
    },
    async clear(ref, call) {
      if (!(await store.describe(ref, call))) {
        throw errors.collectionNotFound(ref.bucket, ref.collection);
      }
      if (!(await shared.clear(ref))) throw errors.cacheUnavailable();
    },
    async close() {
      polls.close();
      shared.close();
      await store.close();
    },
  };
}

function openRedis(
  { settings: place, prefix }: RedisPlace,
  { settings, events, logger, patience }: CachedStoreOptions & { readonly patience: Patience },
): SharedTier {
  const client = createRedisClient(place, {
    onLost: (reason) => logger.warn({ reason }, 'Redis cannot be reached'),
    onBack: () => logger.info({}, 'Redis is back'),
  });
  return createRedisTier(client, {
    prefix,
    entryBytesMax: settings.maxEntryBytes,
    ttlMs: settings.ttlMs,
    readMsMax: () => patience.readMsMax,
    writeMsMax: bounds.redisWriteMsMax,
    pauseMs: bounds.redisPauseMs,
    observe: (request) => events.redis(request),
  });
}
