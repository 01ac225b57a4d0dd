import { startOwnRedis, type OwnRedis } from '../../support/own-redis.ts';
import { ask, createDatabases, fill } from '../corpus.ts';
import { createFleet, type Fleet } from '../fleet.ts';

/** What all parts of the benchmark play on: filled databases, and a Redis that nobody else uses. */
export interface Stage {
  readonly podNames: readonly string[];
  readonly databases: readonly string[];
  readonly redis: OwnRedis;
  /** Each part stops what it started. */
  readonly fleet: Fleet;
  close(): Promise<void>;
}

export async function openStage(servers: readonly string[]): Promise<Stage> {
  const podNames = ['cache-a', 'cache-b', 'cache-c', 'cache-d'];
  const databases = await createDatabases(servers, podNames);
  const fleet = await createFleet(14_201);
  const redis = await startOwnRedis();
  const stage: Stage = {
    podNames,
    databases,
    redis,
    fleet,
    async close() {
      await fleet.close();
      await redis.close();
    },
  };
  try {
    await fill(await fleet.startGateway({ pods: podsOf(stage), ...uncached }));
    await fleet.stop();
    return stage;
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** Served in the gateway's process. */
export const podsOf = ({ podNames, databases }: Stage): readonly object[] =>
  podNames.map((name, i) => ({ name, database: databases[i] }));

export const uncached = { cache: { enabled: false } };

export const redisAt = (port: number) => ({ redis: { url: `redis://127.0.0.1:${port}` } });

/** How often a gateway answered how, since it began. */
export interface Outcomes {
  readonly hits: number;
  readonly all: number;
}

export async function outcomesOf(url: string): Promise<Outcomes> {
  const { vectorCache } = (await ask(
    url,
    '{ vectorCache { hits misses coalesced bypassed } }',
    {},
  )) as {
    vectorCache: Record<'hits' | 'misses' | 'coalesced' | 'bypassed', number> | null;
  };
  if (!vectorCache) return { hits: 0, all: 0 };
  const { hits, misses, coalesced, bypassed } = vectorCache;
  return { hits, all: hits + misses + coalesced + bypassed };
}

/** The share of hits from one moment to another. */
export const hitShare = (from: Outcomes, to: Outcomes): number =>
  (to.hits - from.hits) / Math.max(1, to.all - from.all);

export const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
