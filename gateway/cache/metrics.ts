import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { HotCacheStats } from '../../subgraphs/hot-cache.ts';
import type { CacheOutcome } from '../../subgraphs/store.ts';
import type { CacheEvents } from './events.ts';
import type { RedisRequest } from './redis-tier.ts';

/** What a cache is like now, as nobody has to count it. */
export interface CacheState {
  readonly memory: { readonly entries: number; readonly bytes: number };
  /** null: there is no Redis. */
  readonly isRedisResting: boolean | null;
}

/** What has happened in a cache since it began: stats and metrics are read from these. */
export interface CacheCounts {
  readonly searches: Readonly<Record<CacheOutcome, number>>;
  readonly fills: Readonly<Record<'admitted' | 'refused', number>>;
  /** `skipped` were not made, as those before had not gone well. */
  readonly redis: { readonly made: number; readonly failed: number; readonly skipped: number };
}

export interface CacheMetrics {
  readonly events: CacheEvents;
  readonly counts: CacheCounts;
  /** Show the counts, and the state of the cache whose events they are. */
  show(state: CacheState): void;
}

/**
 * Counts the events of one cache, and shows them in `registry`. An event costs an addition, and one
 * of Redis a histogram's: metrics are made of the counts when somebody asks for them.
 */
export function createCacheMetrics(registry: Registry): CacheMetrics {
  const searches = { HIT: 0, MISS: 0, COALESCED: 0, BYPASS: 0 };
  const fills = { admitted: 0, refused: 0 };
  const redis = { made: 0, failed: 0, skipped: 0 };
  const observe = createTimes(registry);
  const counts = { searches, fills, redis };
  return {
    counts,
    events: {
      searched: (outcome) => void searches[outcome]++,
      filled: (how) => void fills[how]++,
      redis(request) {
        if (request.went === 'resting') return void redis.skipped++;
        redis.made++;
        if (request.went !== 'well') redis.failed++;
        observe(request);
      },
    },
    show(state) {
      showCounts(registry, counts);
      showState(registry, state);
    },
  };
}

export function statsOf(
  { searches, fills, redis }: CacheCounts,
  { memory, isRedisResting }: CacheState,
  { maxBytes }: { readonly maxBytes: number },
): HotCacheStats {
  return {
    hits: searches.HIT,
    misses: searches.MISS,
    coalesced: searches.COALESCED,
    bypassed: searches.BYPASS,
    ...fills,
    ...memory,
    bytesMax: maxBytes,
    redis:
      isRedisResting === null
        ? null
        : {
            requests: redis.made + redis.skipped,
            failures: redis.failed + redis.skipped,
            resting: isRedisResting,
          },
  };
}
