import { createPatience } from '../../../gateway/cache/patience.ts';
import type { Database } from '../../../subgraphs/postgres/database.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { openCaches, type CachedGateway, type CachesOptions } from '../caches.ts';
import { testDatabases, type TestDatabase } from '../databases.ts';
import { startOwnRedis } from '../own-redis.ts';
import { silent } from '../store-calls.ts';
import { podNames } from '../subjects.ts';
import { startProxy } from '../tcp-proxy.ts';
import { createStorms, type MakeStorm } from './storms.ts';

/** Gateways over three pods, and what a trial does to them. */
export interface World {
  readonly gateways: readonly CachedGateway[];
  readonly bucket: string;
  /** The pods' databases, for whoever writes behind the gateways' back. */
  readonly databases: readonly Database[];
  readonly storm: MakeStorm;
  close(): Promise<void>;
}

/** One gateway, with a cache in its own memory alone, in fair weather. */
export async function openLoneWorld(): Promise<World> {
  const world = await openWorld({ count: 1, redis: [null] });
  return { ...world, storm: async () => {} };
}

/** Gateways with a Redis of their own, and a proxy on every way to it and to the first pod. */
export async function openStormyWorld(gatewayCount: number): Promise<World> {
  const redis = await startOwnRedis();
  const oneEach = (port: number) =>
    Promise.all(Array.from({ length: gatewayCount }, () => startProxy(port)));
  const toRedis = await oneEach(redis.port);
  const toPod = await oneEach(Number(new URL(testDatabases()[0]!.url).port));
  const world = await openWorld({
    count: gatewayCount,
    redis: toRedis.map(({ port }) => `redis://127.0.0.1:${port}`),
    databases: (gateway) => databasesBy(toPod[gateway]!.port, sessionOf(gateway)),
    patience: createPatience,
  });
  return {
    ...world,
    storm: createStorms({ ...world, redis, toRedis, toPod, sessionOf }),
    async close() {
      await world.close();
      for (const proxy of [...toRedis, ...toPod]) await proxy.close();
      await redis.close();
    },
  };
}

async function openWorld(options: CachesOptions): Promise<Omit<World, 'storm'>> {
  const caches = await openCaches(options);
  const databases = testDatabases().map((database, pod) =>
    openDatabase({ ...database, pod: podNames[pod]!, logger: silent }),
  );
  return {
    gateways: caches.gateways,
    bucket: caches.bucket,
    databases,
    async close() {
      await caches.close();
      for (const database of databases) await database.close();
    },
  };
}

/** The sessions of a gateway have a name of their own, by which they are found to be killed. */
const sessionOf = (gateway: number): string => `promise-${gateway}`;

/** The first by another port. */
const databasesBy = (port: number, session: string): readonly TestDatabase[] =>
  testDatabases().map((database, pod) => {
    const url = new URL(database.url);
    if (pod === 0) url.port = String(port);
    url.searchParams.set('application_name', session);
    return { ...database, url: url.href };
  });
