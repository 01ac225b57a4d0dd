import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import * as bounds from '../gateway/cache/bounds.ts';
import { createCacheMetrics } from '../gateway/cache/metrics.ts';
import { defaultCache } from '../gateway/cache/settings.ts';
import { cacheSchema, redisSchema } from '../gateway/config-cache.ts';
import { packageRoot } from '../subgraphs/package-root.ts';
import { openCaches } from './support/caches.ts';
import { until } from './support/hot-searches.ts';
import { startLiveGateway } from './support/live-gateway.ts';
import { fencesOf } from './support/shell-page.ts';
import { during, specIn } from './support/store-calls.ts';
import { serviceOver } from './support/subjects.ts';

const read = (file: string): string =>
  readFileSync(join(packageRoot(), file), 'utf8').replaceAll(/ +/g, ' ');
const page = read('docs/hot-cache.md');
const operations = read('docs/operations.md');

test('the query of docs/hot-cache.md is answered, in the end from the cache', async () => {
  const caches = await openCaches({ count: 1 });
  const { store } = caches.gateways[0]!;
  const gateway = await startLiveGateway({ subgraphs: [], service: serviceOver(store) });
  const spec = specIn(caches.bucket, 'quiver_docs', { dimension: 256 });
  await during((call) => store.createCollection(spec, null, call));
  const query = fencesOf(page)[0]!.body.replace('near:', `bucket: "${caches.bucket}", near:`);
  try {
    const outcomes: unknown[] = [];
    await until(async () => {
      const { data, errors } = await gateway.ask(query);
      expect(errors).toBeUndefined();
      outcomes.push((data as unknown as Answered).searchVectors.cache.outcome);
      return outcomes.at(-1) === 'HIT';
    });

    expect(outcomes[0]).toBe('MISS');
  } finally {
    await gateway.close();
    await caches.close();
  }
});

interface Answered {
  readonly searchVectors: { readonly cache: { readonly outcome: string } };
}

test('docs/hot-cache.md has every outcome', () => {
  const [, outcomes] = /enum VectorCacheOutcome \{ (.*) \}/.exec(read('schema/sdl.ts'))!;

  expect([...page.matchAll(/^\| `([A-Z]+)` \|/gm)].map(([, outcome]) => outcome)).toEqual(
    outcomes!.split(' '),
  );
});

test.each([
  ['asks the pods for their counts every 50 ms', bounds.pollEveryMs, 50],
  ['a poll that was started at most 100 ms before the search began', bounds.unseenMsMax, 100],
  ['at least 2 ms', bounds.redisReadMsMin, 2],
  ['at most 25 ms and at most half of its own time', bounds.redisReadMsMax, 25],
  ['A writer waits up to 50 ms for Redis', bounds.redisWriteMsMax, 50],
  ['asked every half second whether it is quick enough again', bounds.redisPauseMs, 500],
  ['five minutes', defaultCache.ttlMs, 300_000],
  ['seen for the second time', defaultCache.admitAfter, 2],
])('docs/hot-cache.md says "%s" as long as it is so', (sentence, actual, said) => {
  expect(page).toContain(sentence);
  expect(actual).toBe(said);
});

test('docs/operations.md has every key of cache and redis, with its default', () => {
  const keys = { ...cacheSchema.properties, ...redisSchema.properties };
  for (const key of Object.keys(keys))
    expect(operations).toMatch(new RegExp(`^\\|.*\`${key}\``, 'm'));
  for (const [key, value] of Object.entries(defaultCache)) {
    expect(operations).toMatch(new RegExp(`^\\| \`${key}\` \\|.*\\| ${value}\\b`, 'm'));
  }
});

test('docs/operations.md has every metric, and no other', async () => {
  const registry = new Registry();
  const state = { memory: { entries: 0, bytes: 0 }, isRedisResting: false };
  createCacheMetrics().show(state, registry);
  const metrics = await registry.getMetricsAsJSON();
  const shown = [...operations.matchAll(/^\| `(quiver_cache_\w+)` \|/gm)];

  expect(new Set(shown.map(([, name]) => name))).toEqual(new Set(metrics.map(({ name }) => name)));
});
