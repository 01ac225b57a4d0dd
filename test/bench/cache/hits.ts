import { directScatter, gateway, tableName } from '../contenders.ts';
import { bucket, collection, createQueries } from '../corpus.ts';
import { measure, timeEach, type Contender, type Measured } from '../measure.ts';
import { hitShare, outcomesOf, percent, podsOf, redisAt, uncached, type Stage } from './stage.ts';

/** More than `smallMemory` holds, so that each comes from Redis again. */
const queryCount = 1_000;
const smallMemory = { maxBytes: 1_024 ** 2 };
/** Longer than this takes. */
const cache = { ttlMs: 3_600_000 };

/** What a search costs that the cache knows, against one that it does not, and one by hand. */
export async function benchHits(stage: Stage): Promise<string> {
  const { fleet, databases, redis } = stage;
  const pods = podsOf(stage);
  const shared = redisAt(redis.port);
  const small = { ...cache, ...smallMemory, maxEntryBytes: smallMemory.maxBytes };
  const gateways = {
    'Quiver without a cache': { pods, ...uncached },
    'Quiver, hit: entry in memory, floors from Redis': { pods, cache, ...shared },
    'Quiver, hit: entry and floors from Redis': { pods, cache: small, ...shared },
    'Quiver, hit: no Redis': { pods, cache },
  };
  const contenders: Contender[] = [directScatter(databases, tableName(bucket, collection))];
  const urls: string[] = [];
  try {
    for (const [name, config] of Object.entries(gateways)) {
      const url = await fleet.startGateway(config);
      urls.push(url);
      contenders.push(gateway(name, url, collection));
    }
    return await compare(contenders, urls);
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await fleet.stop();
  }
}

const turns = { warmUpCount: queryCount, roundCount: 3, clientCount: 16, burstMs: 3_000 };

async function compare(contenders: readonly Contender[], urls: readonly string[]) {
  const queries = Array.from({ length: queryCount }, createQueries());
  // Seen twice, they are admitted.
  for (const contender of contenders) {
    for (let pass = 0; pass < 2; pass++) await timeEach(contender, queries);
  }
  const before = await Promise.all(urls.map(outcomesOf));
  const measured = await measure(contenders, { queries, truth: [], ...turns });
  const after = await Promise.all(urls.map(outcomesOf));
  const shares = before.map((outcomes, i) => hitShare(outcomes, after[i]!));
  return table(measured, [0, ...shares]);
}

function table(rows: readonly Measured[], hitShares: readonly number[]): string {
  const [floor] = rows;
  const lines = rows.map(({ name, p50Ms, p95Ms, throughput }, i) => {
    const times = `${p50Ms.toFixed(2)} | ${p95Ms.toFixed(2)} | ${(p50Ms / floor!.p50Ms).toFixed(2)}`;
    const rate = `${throughput.toFixed(0)} | ${(throughput / floor!.throughput).toFixed(2)}`;
    return `| ${name} | ${times} | ${rate} | ${percent(hitShares[i]!)} |`;
  });
  return [
    '| | p50 ms, 1 client | p95 ms | p50 ratio | searches/s, 16 clients | ratio | hits |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}
