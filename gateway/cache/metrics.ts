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
  /** Put them, and the state of the cache whose events they are, among the metrics. */
  show(state: CacheState, registry: Registry): void;
}

/**
 * Counts the events of one cache. An event costs an addition, and one of Redis that of a histogram:
 * metrics are made of the counts when somebody asks for them.
 */
export function createCacheMetrics(): CacheMetrics {
  const searches = { HIT: 0, MISS: 0, COALESCED: 0, BYPASS: 0 };
  const fills = { admitted: 0, refused: 0 };
  const redis = { made: 0, failed: 0, skipped: 0 };
  const counts = { searches, fills, redis };
  const times = createTimes();
  return {
    counts,
    events: {
      searched: (outcome) => void searches[outcome]++,
      filled: (how) => void fills[how]++,
      redis(request) {
        if (request.went === 'resting') {
          redis.skipped++;
          return;
        }
        redis.made++;
        if (request.went !== 'well') redis.failed++;
        times.observe(request);
      },
    },
    show(state, registry) {
      const ofRedis =
        state.isRedisResting === null ? [] : [times.histogram, ...redisMetrics(counts, state)];
      for (const metric of [...searchMetrics(counts), ...memoryMetrics(state), ...ofRedis]) {
        registry.registerMetric(metric);
      }
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

/** A search waits for an answer of Redis no longer than 25, a write 50. */
const bucketsMs = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 25, 50, 100];

/** How long Redis took; the histogram of each kind of request is looked up once. */
function createTimes() {
  const histogram = new Histogram({
    name: 'quiver_cache_redis_request_duration_seconds',
    help: 'How long Redis took, by what was asked and how it went.',
    labelNames: ['command', 'result'],
    buckets: bucketsMs.map((ms) => ms / 1_000),
    registers: [],
  });
  const children = new Map<string, Histogram.Internal<string>>();
  return {
    histogram,
    observe({ command, went, tookMs }: RedisRequest): void {
      const name = `${command} ${went}`;
      const child = children.get(name) ?? histogram.labels(command, went);
      children.set(name, child);
      child.observe(tookMs / 1_000);
    },
  };
}

const searchMetrics = ({ searches, fills }: CacheCounts) => [
  counterOf(searches, {
    name: 'quiver_cache_searches_total',
    help: 'Searches, by how the cache answered them.',
    label: 'outcome',
  }),
  counterOf(fills, {
    name: 'quiver_cache_fills_total',
    help: 'Answers of hot searches: those that were kept, and those that could not be.',
    label: 'result',
  }),
];

const memoryMetrics = (state: CacheState) => [
  gaugeOf(() => state.memory.bytes, {
    name: 'quiver_cache_memory_bytes',
    help: 'What the entries in this process take.',
  }),
  gaugeOf(() => state.memory.entries, {
    name: 'quiver_cache_memory_entries',
    help: 'Entries in this process.',
  }),
];

const redisMetrics = ({ redis }: CacheCounts, state: CacheState) => [
  new Counter({
    name: 'quiver_cache_redis_skipped_total',
    help: 'Requests that Redis was spared, as those before had not gone well.',
    registers: [],
    collect() {
      this.reset();
      this.inc(redis.skipped);
    },
  }),
  gaugeOf(() => (state.isRedisResting ? 1 : 0), {
    name: 'quiver_cache_redis_breaker_open',
    help: '1 while searches leave Redis alone, as it did badly.',
  }),
];

interface Named {
  readonly name: string;
  readonly help: string;
}

/** A series for each of `counts`. */
const counterOf = (
  counts: Readonly<Record<string, number>>,
  { label, ...named }: Named & { readonly label: string },
) =>
  new Counter({
    ...named,
    labelNames: [label],
    registers: [],
    collect() {
      this.reset();
      for (const [value, count] of Object.entries(counts)) {
        this.inc({ [label]: value.toLowerCase() }, count);
      }
    },
  });

const gaugeOf = (valueOf: () => number, named: Named) =>
  new Gauge({
    ...named,
    registers: [],
    collect() {
      this.set(valueOf());
    },
  });
