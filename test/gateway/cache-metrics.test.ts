import { Registry } from 'prom-client';
import { createCacheMetrics, statsOf, type CacheState } from '../../gateway/cache/metrics.ts';

const withRedis: CacheState = { memory: { entries: 3, bytes: 900 }, isRedisResting: true };
const alone: CacheState = { ...withRedis, isRedisResting: null };

/** The lines that are no comments, as names and values. */
async function shownIn(registry: Registry): Promise<Readonly<Record<string, number>>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

function countSome(state: CacheState) {
  const registry = new Registry();
  const metrics = createCacheMetrics();
  metrics.show(state, registry);
  const { events } = metrics;
  (['HIT', 'HIT', 'HIT', 'MISS', 'MISS', 'COALESCED', 'BYPASS'] as const).forEach((outcome) =>
    events.searched(outcome),
  );
  (['admitted', 'admitted', 'refused'] as const).forEach((how) => events.filled(how));
  events.redis({ command: 'read', went: 'well', tookMs: 0.3 });
  events.redis({ command: 'read', went: 'well', tookMs: 3 });
  events.redis({ command: 'raise', went: 'late', tookMs: 50 });
  events.redis({ command: 'read', went: 'resting', tookMs: 0 });
  return { registry, metrics };
}

test('what the cache did is shown as Prometheus has it', async () => {
  const { registry } = countSome(withRedis);

  expect(await shownIn(registry)).toMatchObject({
    'quiver_cache_searches_total{outcome="hit"}': 3,
    'quiver_cache_searches_total{outcome="miss"}': 2,
    'quiver_cache_searches_total{outcome="coalesced"}': 1,
    'quiver_cache_searches_total{outcome="bypass"}': 1,
    'quiver_cache_fills_total{result="admitted"}': 2,
    'quiver_cache_fills_total{result="refused"}': 1,
    quiver_cache_memory_bytes: 900,
    quiver_cache_memory_entries: 3,
    quiver_cache_redis_skipped_total: 1,
    quiver_cache_redis_breaker_open: 1,
    'quiver_cache_redis_request_duration_seconds_bucket{le="0.0002",command="read",result="well"}': 0,
    'quiver_cache_redis_request_duration_seconds_bucket{le="0.0005",command="read",result="well"}': 1,
    'quiver_cache_redis_request_duration_seconds_bucket{le="0.005",command="read",result="well"}': 2,
    'quiver_cache_redis_request_duration_seconds_count{command="read",result="well"}': 2,
    'quiver_cache_redis_request_duration_seconds_sum{command="raise",result="late"}': 0.05,
  });
});

test('counters do not grow by being read', async () => {
  const { registry } = countSome(withRedis);

  expect(await shownIn(registry)).toEqual(await shownIn(registry));
});

test('all is there before anything happened, so that rates begin with the first event', async () => {
  const registry = new Registry();
  createCacheMetrics().show({ ...alone, memory: { entries: 0, bytes: 0 } }, registry);

  expect(await shownIn(registry)).toEqual({
    'quiver_cache_searches_total{outcome="hit"}': 0,
    'quiver_cache_searches_total{outcome="miss"}': 0,
    'quiver_cache_searches_total{outcome="coalesced"}': 0,
    'quiver_cache_searches_total{outcome="bypass"}': 0,
    'quiver_cache_fills_total{result="admitted"}': 0,
    'quiver_cache_fills_total{result="refused"}': 0,
    quiver_cache_memory_bytes: 0,
    quiver_cache_memory_entries: 0,
  });
});

test('the stats are the same numbers', () => {
  const { metrics } = countSome(withRedis);
  const stats = {
    hits: 3,
    misses: 2,
    coalesced: 1,
    bypassed: 1,
    admitted: 2,
    refused: 1,
    entries: 3,
    bytes: 900,
    bytesMax: 1_000,
  };

  expect(statsOf(metrics.counts, withRedis, { maxBytes: 1_000 })).toEqual({
    ...stats,
    redis: { requests: 4, failures: 2, resting: true },
  });
  expect(statsOf(metrics.counts, alone, { maxBytes: 1_000 })).toEqual({ ...stats, redis: null });
});
