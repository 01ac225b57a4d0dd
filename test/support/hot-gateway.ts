import { randomBytes } from 'node:crypto';
import { Registry } from 'prom-client';
import { defaultCache, type RedisPlace } from '../../gateway/cache/settings.ts';
import { openHotCache } from '../../gateway/hot-cache.ts';
import { startGateway } from '../../gateway/server.ts';
import type { HotCacheStats } from '../../subgraphs/hot-cache.ts';
import { freshBucket, testRedis } from './databases.ts';
import { during, line, silent, specIn } from './store-calls.ts';
import { openSharded, serviceOver } from './subjects.ts';

/** A gateway with a hot cache, which keeps what it sees for the first time. */
export interface HotGateway {
  readonly url: string;
  readonly bucket: string;
  /** A collection of ten records on a line. */
  addCollection(name: string): Promise<void>;
  /** How a search for its first record was answered. */
  search(collection: string): Promise<string>;
  /** Ask until the answer comes from the cache: it is kept when nobody waits for it any more. */
  warm(collection: string): Promise<void>;
  stats(): Promise<HotCacheStats>;
  /** The body of `/metrics`. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}

/** null: it has no Redis. When left out it is that of the tests, if they have one. */
export async function openHotGateway(redis = testPlace()): Promise<HotGateway> {
  const { store: pods } = await openSharded();
  const metrics = new Registry();
  const settings = { ...defaultCache, admitAfter: 1 };
  const { store, cache } = openHotCache({ store: pods, settings, redis, metrics, logger: silent });
  const server = await startGateway({
    service: { ...serviceOver(store), cache },
    subgraphs: [],
    host: '127.0.0.1',
    port: 0,
    example: { query: '{ vectorPods { name } }', variables: {} },
    metrics,
    logger: silent,
  });
  const bucket = freshBucket();
  await during((call) => store.createBucket(bucket, call));
  const made: string[] = [];

  async function ask<T>(query: string, variables = {}): Promise<T> {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { bucket, ...variables } }),
    });
    const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  }

  async function search(collection: string): Promise<string> {
    const { searchVectors } = await ask<Found>(searchDocument, { collection });
    return searchVectors.cache.outcome;
  }

  return {
    url: server.url,
    bucket,
    search,
    async addCollection(name) {
      const spec = specIn(bucket, name);
      await during((call) => store.createCollection(spec, null, call));
      await during((call) => store.upsert({ ...spec, records: line(10), version: null }, call));
      made.push(name);
    },
    async warm(collection) {
      while ((await search(collection)) !== 'HIT');
    },
    stats: async () => (await ask<{ vectorCache: HotCacheStats }>(statsDocument)).vectorCache,
    metrics: async () => (await fetch(`${server.url}/metrics`)).text(),
    async close() {
      await server.close();
      for (const collection of made) {
        await during((call) => store.deleteCollection({ bucket, collection }, null, call));
      }
      await during((call) => store.deleteBucket(bucket, call));
      await store.close();
    },
  };
}

function testPlace(): RedisPlace | null {
  const settings = testRedis();
  return settings === null ? null : { settings, prefix: `test:${randomBytes(6).toString('hex')}:` };
}

interface Found {
  readonly searchVectors: { readonly cache: { readonly outcome: string } };
}

const searchDocument = `query ($collection: String!, $bucket: String) {
  searchVectors(collection: $collection, bucket: $bucket, near: { vector: [1, 0] }, k: 1) {
    matches { record { key } }
    cache { outcome }
  }
}`;

const statsDocument = `{
  vectorCache {
    hits misses coalesced bypassed admitted refused entries bytes bytesMax
    redis { requests failures resting }
  }
}`;
