import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Database } from '../../../subgraphs/postgres/database.ts';
import type { OwnRedis } from '../own-redis.ts';
import { during } from '../store-calls.ts';
import type { startProxy, Weather } from '../tcp-proxy.ts';
import type { Storm } from './operation.ts';

export type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** What can be made to fail. Of ways there is one a gateway. */
export interface Ground {
  readonly redis: OwnRedis;
  readonly toRedis: readonly Proxy[];
  readonly toPod: readonly Proxy[];
  /** By pod. */
  readonly databases: readonly Database[];
  /** The name of a gateway's sessions in them. */
  readonly sessionOf: (gateway: number) => string;
}

/** Makes bad weather until it is over; `lost` hears between which moments Redis forgot all. */
export type MakeStorm = (storm: Storm, lost: (from: number, to: number) => void) => Promise<void>;

export function createStorms(ground: Ground): MakeStorm {
  const { redis, toRedis, toPod, databases, sessionOf } = ground;
  // Two at a time would be two servers at one port.
  const restarts = pLimit(1);
  const onWayToRedis =
    (weather: Weather): MakeStorm =>
    ({ gateway, forMs }) =>
      under(toRedis[gateway]!, weather, forMs);

  const storms: Record<Storm['what'], MakeStorm> = {
    redisCut: onWayToRedis({ kind: 'cut' }),
    redisSilent: onWayToRedis({ kind: 'silent' }),
    redisSlow: (storm, lost) => onWayToRedis(slowFor(storm.gateway))(storm, lost),
    redisGarbled: onWayToRedis({ kind: 'garbage', bytes: '$3\r\nnil\r\n' }),
    async redisFrozen({ forMs }) {
      redis.freeze();
      await sleep(forMs);
      redis.thaw();
    },
    redisRestarted: (_, lost) =>
      restarts(async () => {
        const from = performance.now();
        await redis.kill();
        lost(from, performance.now());
        await redis.restart();
      }),
    podFrozen: ({ gateway, forMs }) => under(toPod[gateway]!, { kind: 'frozen' }, forMs),
    backendsKilled: ({ gateway, pod }) => killBackends(databases[pod]!, sessionOf(gateway)),
  };
  return (storm, lost) => storms[storm.what](storm, lost);
}

/** The last is too much for searches, and not for writers. */
const delaysMs = [5, 15, 35] as const;
const slowFor = (gateway: number): Weather => ({
  kind: 'slow',
  delayMs: delaysMs[gateway % delaysMs.length]!,
});

async function under(way: Proxy, weather: Weather, forMs: number): Promise<void> {
  way.make(weather);
  await sleep(forMs);
  way.make({ kind: 'clear' });
}

const killBackends = (database: Database, session: string): Promise<void> =>
  during(async (call) => {
    const text = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = $1`;
    await database.query({ text, values: [session] }, call);
  });
