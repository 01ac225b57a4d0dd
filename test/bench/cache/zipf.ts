import { gateway } from '../contenders.ts';
import { collection, createQueries } from '../corpus.ts';
import { burst, quantile, type Contender } from '../measure.ts';
import { createRandom } from '../random.ts';
import {
  hitShare,
  outcomesOf,
  percent,
  podsOf,
  redisAt,
  uncached,
  type Outcomes,
  type Stage,
} from './stage.ts';

const queryCount = 10_000;
const clientCount = 16;
/** Of the one with a cache longer, until it knows most of what comes again. */
const warmUpMs = { without: 10_000, cached: 45_000 };
const roundCount = 3;
const burstMs = 5_000;

/**
 * Searches a second of a gateway with a cache and of one without, where the n-th most frequent of
 * 10,000 queries comes 1/n as often as the first. The settings are the defaults.
 */
export async function benchZipf(stage: Stage): Promise<string> {
  const { fleet, podNames, databases } = stage;
  const lines: string[] = [];
  lines.push(await compare('databases in-process', podsOf(stage), stage));
  const remote: object[] = [];
  for (const [i, name] of podNames.entries()) {
    remote.push({ name, url: `${await fleet.startPod(name, databases[i]!)}/graphql` });
  }
  lines.push(await compare('remote pods', remote, stage));
  return [
    '| | searches/s without a cache | with it | ratio | hits |',
    '|---|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}

async function compare(
  name: string,
  pods: readonly object[],
  { fleet, redis }: Stage,
): Promise<string> {
  await redis.command('flushall');
  const withoutUrl = await fleet.startGateway({ pods, ...uncached });
  const withUrl = await fleet.startGateway({ pods, ...redisAt(redis.port) });
  const without = gateway('without', withoutUrl, collection);
  const cached = gateway('with', withUrl, collection);
  try {
    const next = createMix();
    const rate = async (contender: Contender, ms: number): Promise<number> =>
      (await burst({ clientCount, burstMs: ms }, () => contender.search(next()))).perSecond;
    await rate(without, warmUpMs.without);
    await rate(cached, warmUpMs.cached);

    const rates: { readonly without: number; readonly cached: number; readonly hits: number }[] =
      [];
    for (let round = 0; round < roundCount; round++) {
      const uncachedRate = await rate(without, burstMs);
      const before: Outcomes = await outcomesOf(withUrl);
      const cachedRate = await rate(cached, burstMs);
      const hits = hitShare(before, await outcomesOf(withUrl));
      rates.push({ without: uncachedRate, cached: cachedRate, hits });
    }
    const median = (what: keyof (typeof rates)[number]): number =>
      quantile(
        rates.map((each) => each[what]),
        0.5,
      );
    const ratio = median('cached') / median('without');
    return `| ${name} | ${median('without').toFixed(0)} | ${median('cached').toFixed(0)} | ${ratio.toFixed(2)} | ${percent(median('hits'))} |`;
  } finally {
    await Promise.all([without.close(), cached.close()]);
  }
}

/** Zipf's law with exponent 1. */
function createMix(): () => Float32Array {
  const queries = Array.from({ length: queryCount }, createQueries());
  const random = createRandom(2);
  const sums: number[] = [];
  for (let rank = 1; rank <= queryCount; rank++) sums.push((sums.at(-1) ?? 0) + 1 / rank);
  const total = sums.at(-1)!;
  return () => {
    const point = random() * total;
    let low = 0;
    let high = queryCount - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < point) low = middle + 1;
      else high = middle;
    }
    return queries[low]!;
  };
}
