import { vectorToBase64 } from '../../../schema/vector.ts';
import { ask, createQueries, dimension } from '../corpus.ts';
import { quantile, timed } from '../measure.ts';
import { podsOf, redisAt, uncached, type Stage } from './stage.ts';

const collection = 'bench_writes';
const roundCount = 5;
/** How many requests a turn, by how many records a request. */
const requestCounts = { 1: 100, 1_000: 5 } as const;
type RecordCount = keyof typeof requestCounts;
const recordCounts = [1, 1_000] as const satisfies readonly RecordCount[];

/** What it costs a writer that no cache shows the state before it. No index: it would hide it. */
export async function benchWrites(stage: Stage): Promise<string> {
  const { fleet, redis } = stage;
  const pods = podsOf(stage);
  const configs = {
    'no cache': { pods, ...uncached },
    'cache, Redis': { pods, ...redisAt(redis.port) },
    'cache, no Redis': { pods },
    // Nobody listens there.
    'cache, Redis cannot be reached': { pods, ...redisAt(1) },
  };
  try {
    const urls: string[] = [];
    for (const config of Object.values(configs)) urls.push(await fleet.startGateway(config));
    await create(urls[0]!);
    const times = await measureWrites(urls);
    return table(Object.keys(configs), times);
  } finally {
    await fleet.stop();
  }
}

const create = (url: string): Promise<unknown> =>
  ask(
    url,
    'mutation ($input: CreateVectorCollectionInput!) { createVectorCollection(input: $input) { created } }',
    { input: { name: collection, dimension, metric: 'L2' } },
  );

type Times = Readonly<Record<RecordCount, number[]>>;

async function measureWrites(urls: readonly string[]): Promise<readonly Times[]> {
  const times = urls.map((): Times => ({ 1: [], 1_000: [] }));
  const next = createQueries();
  for (let round = -1; round < roundCount; round++) {
    for (const recordCount of recordCounts) {
      for (const [i, url] of urls.entries()) {
        for (let request = 0; request < requestCounts[recordCount]; request++) {
          const records = Array.from({ length: recordCount }, (_, n) => ({
            key: `key-${request}-${n}`,
            vector: vectorToBase64(next()),
          }));
          const tookMs = await timed(() => upsert(url, records));
          if (round >= 0) times[i]![recordCount].push(tookMs);
        }
      }
    }
  }
  return times;
}

const upsert = (url: string, records: readonly object[]): Promise<unknown> =>
  ask(
    url,
    'mutation ($collection: String!, $records: [VectorRecordInput!]!) { upsertVectors(collection: $collection, records: $records) { upsertedCount } }',
    { collection, records },
  );

function table(names: readonly string[], times: readonly Times[]): string {
  const lines = names.map((name, i) => {
    const cells = recordCounts.map((count) => {
      const [p50, p95] = [0.5, 0.95].map((q) => quantile(times[i]![count], q));
      return `${p50!.toFixed(2)} | ${p95!.toFixed(2)}`;
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return [
    '| upserts | of 1 record, p50 ms | p95 ms | of 1,000, p50 ms | p95 ms |',
    '|---|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}
