import type { RedisPlace } from '../../gateway/cache/settings.ts';
import { onRedis } from '../support/databases.ts';
import { openHotGateway, type HotGateway } from '../support/hot-gateway.ts';

let opened: HotGateway | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const open = async (redis?: RedisPlace | null): Promise<HotGateway> => {
  opened = await openHotGateway(redis);
  await opened.addCollection('films');
  return opened;
};

const clearDocument = `mutation ($bucket: String, $collection: String!) {
  clearVectorCache(bucket: $bucket, collection: $collection) { cleared }
}`;

async function clear({ url, bucket }: HotGateway, collection: string): Promise<unknown> {
  const response = await fetch(`${url}/subgraph`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: clearDocument, variables: { bucket, collection } }),
  });
  return response.json();
}

test('what a hot cache does is told by GraphQL and by /metrics, in the same numbers', async () => {
  const gateway = await open();
  await gateway.warm('films');

  const stats = await gateway.stats();
  const metrics = await gateway.metrics();

  expect(stats.hits).toBe(1);
  expect(stats.misses).toBeGreaterThan(0);
  expect(stats.admitted).toBeGreaterThan(0);
  expect(stats).toMatchObject({ refused: 0, entries: 1, bytesMax: 67_108_864 });
  expect(metrics).toContain(`quiver_cache_searches_total{outcome="hit"} ${stats.hits}\n`);
  expect(metrics).toContain(`quiver_cache_searches_total{outcome="miss"} ${stats.misses}\n`);
  expect(metrics).toContain(`quiver_cache_fills_total{result="admitted"} ${stats.admitted}\n`);
  expect(metrics).toContain(`quiver_cache_memory_bytes ${stats.bytes}\n`);
});

test('/metrics is in the format that Prometheus asks for', async () => {
  const { url } = await open();

  const { headers } = await fetch(`${url}/metrics`);

  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test('a collection that was cleared is asked for anew', async () => {
  const gateway = await open();
  await gateway.warm('films');

  expect(await clear(gateway, 'films')).toEqual({ data: { clearVectorCache: { cleared: true } } });

  expect(await gateway.search('films')).toBe('MISS');
});

test('without Redis nothing is told of one', async () => {
  const gateway = await open(null);
  await gateway.warm('films');

  expect((await gateway.stats()).redis).toBeNull();
  expect(await gateway.metrics()).not.toContain('redis');
});

onRedis('with Redis its requests are told of', async () => {
  const gateway = await open();
  await gateway.warm('films');

  const { redis } = await gateway.stats();
  const metrics = await gateway.metrics();

  expect(redis).toMatchObject({ failures: 0, resting: false });
  expect(redis!.requests).toBeGreaterThan(0);
  expect(metrics).toMatch(
    /^quiver_cache_redis_request_duration_seconds_count\{command="read",result="well"\} [1-9]/m,
  );
  expect(metrics).toContain('quiver_cache_redis_breaker_open 0\n');
});

test('a Redis that is away is told of: searches go on, and nobody says that all is cleared', async () => {
  const gateway = await open({ settings: 'redis://127.0.0.1:1', prefix: 'test:' });
  while (!(await gateway.stats()).redis!.resting) await gateway.search('films');

  const { redis } = await gateway.stats();
  expect(redis!.failures).toBe(redis!.requests);
  expect(await gateway.metrics()).toContain('quiver_cache_redis_breaker_open 1\n');
  expect(await clear(gateway, 'films')).toMatchObject({
    data: { clearVectorCache: null },
    errors: [{ extensions: { code: 'POD_UNAVAILABLE' } }],
  });
});
