import { randomBytes } from 'node:crypto';
import {
  createCachedStore,
  type CachedStore,
  type CachedStoreOptions,
} from '../../gateway/cached-store.ts';
import { createPatience, type Patience } from '../../gateway/cache/patience.ts';
import type { RedisSettings } from '../../gateway/cache/redis-client.ts';
import type { RedisRequest } from '../../gateway/cache/redis-tier.ts';
import { defaultCache, type CacheSettings } from '../../gateway/cache/settings.ts';
import type { Call } from '../../subgraphs/call.ts';
import type {
  CacheOutcome,
  SearchAnswer,
  SearchQuery,
  VectorStore,
} from '../../subgraphs/store.ts';
import { freshBucket, testDatabases, testRedis, type TestDatabase } from './databases.ts';
import { openFaultyPods } from './faulty-pods.ts';
import { during, silent } from './store-calls.ts';
import { openSharded } from './subjects.ts';

/** A gateway's store, with a cache of its own in front of it. */
export interface CachedGateway {
  readonly store: CachedStore;
  /** What its cache told. */
  readonly outcomes: CacheOutcome[];
  readonly fills: ('admitted' | 'refused')[];
  readonly requests: RedisRequest[];
  run<T>(work: (store: VectorStore, call: Call) => Promise<T>): Promise<T>;
  search(query: SearchQuery): Promise<SearchAnswer>;
}

export interface Caches {
  readonly gateways: readonly CachedGateway[];
  readonly bucket: string;
  close(): Promise<void>;
}

export interface CachesOptions {
  /** How many gateways. */
  readonly count: number;
  readonly settings?: Partial<CacheSettings>;
  /** One for each gateway; the tests' own, if there is one, when left out; null: none. */
  readonly redis?: readonly (RedisSettings | null)[];
  /** The pods' databases, by the way that a gateway has to them. */
  readonly databases?: (gateway: number) => readonly TestDatabase[];
  /** 25 ms when left out: searches of the tests take one, and where tests run Redis is often late. */
  readonly patience?: () => Patience;
  /** What stands between a cache and the pods. */
  readonly wrap?: (store: VectorStore, gateway: number) => VectorStore;
}

/** Gateways over the same three pods, that share a Redis. */
export async function openCaches(options: CachesOptions): Promise<Caches> {
  const { count, settings = {}, databases = testDatabases, wrap = (store) => store } = options;
  const { patience = () => ({ ...createPatience(), timed: (store) => store }) } = options;
  const places = options.redis ?? Array.from({ length: count }, testRedis);
  const prefix = `test:${randomBytes(6).toString('hex')}:`;
  const gateways: CachedGateway[] = [];
  for (let i = 0; i < count; i++) {
    const inner = await openSharded(databases(i));
    const place = places[i] ?? null;
    gateways.push(
      gatewayOver({
        store: wrap(inner.store, i),
        settings: { ...defaultCache, ...settings },
        redis: place === null ? null : { settings: place, prefix },
        patience: patience(),
      }),
    );
  }
  const bucket = freshBucket();
  await gateways[0]!.run((store, call) => store.createBucket(bucket, call));

  return {
    gateways,
    bucket,
    async close() {
      await gateways[0]!.run(async (store, call) => {
        const everything = { bucket, prefix: '', limit: 1_000, after: null, everyState: false };
        const { collections } = await store.listCollections(everything, call);
        for (const ref of collections) await store.deleteCollection(ref, null, call);
        await store.deleteBucket(bucket, call);
      });
      for (const { store } of gateways) await store.close();
    },
  };
}

/** One gateway, whose pods can be broken; `over` stands between them and its cache. */
export async function openFaultyCache(over = (store: VectorStore): VectorStore => store) {
  const pods = await openFaultyPods();
  const caches = await openCaches({
    count: 1,
    wrap: (inner) => ({ ...over(pods.gateway()), close: () => inner.close() }),
  });
  return {
    pods,
    caches,
    async close(): Promise<void> {
      await caches.close();
      await pods.close();
    },
  };
}

function gatewayOver(
  options: Pick<CachedStoreOptions, 'store' | 'settings' | 'redis' | 'patience'>,
): CachedGateway {
  const outcomes: CacheOutcome[] = [];
  const fills: ('admitted' | 'refused')[] = [];
  const requests: RedisRequest[] = [];
  const store = createCachedStore({
    ...options,
    events: {
      searched: (outcome) => void outcomes.push(outcome),
      filled: (how) => void fills.push(how),
      redis: (request) => void requests.push(request),
    },
    logger: silent,
  });
  return {
    store,
    outcomes,
    fills,
    requests,
    run: (work) => during((call) => work(store, call)),
    search: (query) => during((call) => store.search(query, call)),
  };
}
