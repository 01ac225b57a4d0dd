import { startOwnRedis, type OwnRedis } from '../../support/own-redis.ts';
import { startProxy, type Weather } from '../../support/tcp-proxy.ts';
import { gateway } from '../contenders.ts';
import { ask, collection, createQueries } from '../corpus.ts';
import { burst, quantile, type Contender } from '../measure.ts';
import { podsOf, redisAt, uncached, type Stage } from './stage.ts';

const clientCounts = [1, 16] as const;
/** What a Redis that is slow adds to each of its answers. */
const delaysMs = [2, 5, 10, 30] as const;
const roundCount = 5;
/** By the number of clients. One is alone with the moment in which Redis goes. */
const burstMs = { 1: 5_000, 16: 2_000 } as const;

interface Case {
  readonly name: string;
  readonly contender: Contender;
  /** null: there is no cache. */
  readonly url: string | null;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

/**
 * Searches that no cache knows, while Redis is well, and from the moment on when it is not: what a
 * cache costs those who have nothing of it.
 */
export async function benchFaults(stage: Stage): Promise<string> {
  const { fleet } = stage;
  const redis = await startOwnRedis();
  const proxy = await startProxy(redis.port);
  const cases: Case[] = [];
  try {
    const pods = podsOf(stage);
    const urls = [
      await fleet.startGateway({ pods, ...uncached }),
      await fleet.startGateway({ pods, ...redisAt(redis.port) }),
      await fleet.startGateway({ pods, ...redisAt(proxy.port) }),
    ] as const;
    cases.push(...casesOf(urls, redis, (weather) => proxy.make(weather)));
    return table(cases, await measureCases(cases));
  } finally {
    await Promise.all(cases.map(({ contender }) => contender.close()));
    await fleet.stop();
    await proxy.close();
    await redis.close();
  }
}

function casesOf(
  [without, direct, proxied]: readonly [string, string, string],
  redis: OwnRedis,
  weather: (next: Weather) => void,
): Case[] {
  const caseOf = (
    name: string,
    url: string,
    begin: Case['begin'] = () => {},
    end: Case['end'] = () => {},
  ): Case => {
    const contender = gateway(name, url, collection);
    return { name, contender, url: url === without ? null : url, begin, end };
  };
  const memory = (bytes: string) => async (): Promise<void> => {
    await redis.command('config', 'set', 'maxmemory', bytes);
  };
  return [
    caseOf('no cache', without),
    caseOf('Redis well', direct),
    caseOf(
      'frozen (SIGSTOP)',
      direct,
      () => redis.freeze(),
      () => redis.thaw(),
    ),
    caseOf(
      'killed',
      direct,
      () => redis.kill(),
      () => redis.restart(),
    ),
    caseOf('restarted empty', direct, () => redis.restart()),
    caseOf(
      'answering garbage',
      proxied,
      () => weather({ kind: 'garbage', bytes: '$1\r\n1\r\n' }),
      () => weather({ kind: 'clear' }),
    ),
    caseOf('full (`noeviction`)', direct, memory('1'), memory('0')),
    ...delaysMs.map((delayMs) =>
      caseOf(
        `slow, ${delayMs} ms`,
        proxied,
        () => weather({ kind: 'slow', delayMs }),
        () => weather({ kind: 'clear' }),
      ),
    ),
  ];
}

type Times = Readonly<Record<(typeof clientCounts)[number], number[]>>;

/** By turns. The bench's own first searches of a case are its warm-up, and make its polls run. */
async function measureCases(cases: readonly Case[]): Promise<readonly Times[]> {
  const times = cases.map((): Times => ({ 1: [], 16: [] }));
  const next = createQueries();
  const hot = next();
  for (let round = -1; round < roundCount; round++) {
    for (const clientCount of clientCounts) {
      for (const [i, one] of rotated([...cases.entries()], 4 * round)) {
        await becomesWell(one);
        for (let sighting = 0; sighting < 3; sighting++) await one.contender.search(hot);
        // A hit leaves the pods cold, which those without a cache are not.
        await burst({ clientCount, burstMs: 300 }, () => one.contender.search(next()));
        await one.begin();
        const ms = round < 0 ? 1_000 : burstMs[clientCount];
        const { timesMs } = await burst({ clientCount, burstMs: ms }, () =>
          one.contender.search(next()),
        );
        await one.end();
        if (round >= 0) times[i]![clientCount].push(...timesMs);
      }
    }
  }
  return times;
}

/** Not always the same comes first, and meets pods that have rested. */
const rotated = <T>(all: readonly T[], by: number): readonly T[] =>
  all.map((_, i) => all.at((i + by) % all.length)!);

/** Redis is asked again half a second after it did badly, or when it is connected. */
async function becomesWell({ url }: Case): Promise<void> {
  if (url === null) return;
  for (let attempt = 0; attempt < 300; attempt++) {
    const { vectorCache } = (await ask(url, '{ vectorCache { redis { resting } } }', {})) as {
      vectorCache: { redis: { resting: boolean } };
    };
    if (!vectorCache.redis.resting) return;
    await new Promise((again) => setTimeout(again, 100));
  }
  throw new Error(`${url} must use Redis again within 30 s.`);
}

function table(cases: readonly Case[], times: readonly Times[]): string {
  const p99 = (i: number, clientCount: keyof Times): number =>
    quantile(times[i]![clientCount], 0.99);
  const lines = cases.map(({ name }, i) => {
    const cells = clientCounts.map((count) => {
      const median = quantile(times[i]![count], 0.5);
      return `${median.toFixed(2)} | ${p99(i, count).toFixed(2)} | ${(p99(i, count) / p99(0, count)).toFixed(2)}`;
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return [
    '| | p50 ms, 1 client | p99 ms | p99 ratio | p50 ms, 16 clients | p99 ms | p99 ratio |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}
