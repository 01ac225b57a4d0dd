import { randomUUID } from 'node:crypto';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import { openDatabaseStore } from '../../gateway/topology.ts';
import { defaultLimits } from '../../schema/limits.ts';
import type { Filter } from '../../schema/filter.ts';
import type { SearchMode, ShardProfile, VectorStore } from '../../subgraphs/store.ts';
import { during, indexIn, searchIn, silent, specIn } from '../support/store-calls.ts';
import { createDatabases } from './corpus.ts';
import { createData, type Case, type Data } from './filtered-data.ts';
import { quantile } from './measure.ts';

const pods = ['filtered-a', 'filtered-b', 'filtered-c', 'filtered-d'];
const bucket = 'vecs';
const collection = 'bench_filtered';
const dimension = 128;
const rowCount = Number(process.env['BENCH_ROWS'] ?? 50_000);
const k = 10;
const queryCount = 40;
const roundCount = 3;

/** A shard remembers how it went about a filter; `new` is a filter that it has not met. */
const ways = {
  again: { mode: 'AUTO', fresh: false },
  new: { mode: 'AUTO', fresh: true },
  exact: { mode: 'EXACT', fresh: false },
  index: { mode: 'INDEX', fresh: false },
} as const satisfies Record<string, { readonly mode: SearchMode; readonly fresh: boolean }>;
type Way = keyof typeof ways;

/**
 * Filtered searches over four databases: what a shard chooses by itself against the two ways that
 * it chooses from, which are the same code with `mode` set. `servers` may create databases.
 */
export async function benchFiltered(servers: readonly string[]): Promise<string> {
  const urls = await createDatabases(servers, pods);
  const stores = await Promise.all(
    pods.map(async (name, i) => ({
      name,
      store: await openDatabaseStore({
        url: urls[i]!,
        pod: name,
        limits: defaultLimits,
        logger: silent,
      }),
    })),
  );
  const store = createShardedStore({ pods: stores, logger: silent });
  try {
    const data = createData({ rowCount, queryCount, dimension, pods });
    await fill(store, data);
    const rows: string[] = [];
    for (const one of data.cases) {
      rows.push(row(await measureCase(store, one, data)));
      process.stderr.write(`${rows.at(-1)}\n`);
    }
    return [head, ...rows].join('\n');
  } finally {
    await store.close();
  }
}

async function fill(store: VectorStore, { records }: Data): Promise<void> {
  const spec = specIn(bucket, collection, { dimension });
  await during((call) => store.createCollection(spec, null, call));
  for (let i = 0; i < records.length; i += 1_000) {
    const part = { bucket, collection, version: null, records: records.slice(i, i + 1_000) };
    await during((call) => store.upsert(part, call));
  }
  process.stderr.write(`${records.length} records written; building the indexes\n`);
  const index = indexIn(bucket, collection, { waitMs: 600_000 });
  await during((call) => store.createIndex(index, call), 600_000);
}

interface Measured extends Case {
  readonly recall: number;
  /** Searches that gave fewer records than there are. */
  readonly shortCount: number;
  readonly p50Ms: Readonly<Record<Way, number>>;
  /** What the shards did, most frequent first. */
  readonly plans: string;
}

/** The ways take turns, so that the machine's moods meet all of them alike. */
async function measureCase(store: VectorStore, one: Case, data: Data): Promise<Measured> {
  const names = Object.keys(ways) as Way[];
  const times: Record<Way, number[]> = { again: [], new: [], exact: [], index: [] };
  const answers = createTally();
  for (let round = -1; round < roundCount; round++) {
    for (const name of names) {
      for (const [i, query] of data.queries.entries()) {
        const found = await search(store, filterOf(one, name), { query, mode: ways[name].mode });
        // The first round warms up, and shows how good the answers are.
        if (round >= 0) times[name].push(found.tookMs);
        else if (name === 'new') answers.add(found, nearest(one, data, i));
      }
    }
  }
  const p50Ms = Object.fromEntries(names.map((name) => [name, quantile(times[name], 0.5)]));
  return { ...one, ...answers.sum(), p50Ms: p50Ms as Record<Way, number> };
}

/** With a condition that always holds a filter means the same, and is another. */
function filterOf({ filter }: Case, way: Way): Filter {
  if (!ways[way].fresh) return filter;
  const path = [`no such key ${randomUUID()}`];
  return { kind: 'and', parts: [filter, { kind: 'exists', path, value: false }] };
}

function createTally() {
  const plans = new Map<string, number>();
  let found = 0;
  let wanted = 0;
  let shortCount = 0;
  return {
    add({ keys, profile }: Found, truth: readonly string[]) {
      found += keys.filter((key) => truth.includes(key)).length;
      wanted += truth.length;
      shortCount += Number(keys.length < truth.length);
      for (const { plan, exactReason } of profile) {
        const way = exactReason ?? plan;
        plans.set(way, (plans.get(way) ?? 0) + 1);
      }
    },
    sum: () => ({
      recall: found / wanted,
      shortCount,
      plans: [...plans]
        .sort(([, a], [, b]) => b - a)
        .map(([way, count]) => `${way} ${count}`)
        .join(', '),
    }),
  };
}

interface Found {
  readonly tookMs: number;
  readonly keys: readonly string[];
  readonly profile: readonly ShardProfile[];
}

async function search(
  store: VectorStore,
  filter: Filter,
  { query, mode }: { query: Float32Array; mode: SearchMode },
): Promise<Found> {
  const startedAt = performance.now();
  const asked = searchIn(bucket, collection, { vector: query, limit: k, filter, mode });
  const { matches, shards } = await during((call) => store.search(asked, call));
  return {
    tookMs: performance.now() - startedAt,
    keys: matches.map(({ key }) => key),
    profile: shards.filter((shard): shard is ShardProfile => !('error' in shard)),
  };
}

/** The true answer, found without any database. */
function nearest({ matches }: Case, { records, queries }: Data, i: number): string[] {
  const query = queries[i]!;
  return records
    .filter(({ metadata }) => matches(metadata))
    .map(({ key, vector }) => ({ key, distance: squaredDistance(query, vector) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, k)
    .map(({ key }) => key);
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

const head = [
  `${rowCount} x ${dimension}, clustered, four pods, HNSW, k ${k}; ratios to the better of exact and index.`,
  '',
  '| filter | matches | p50 ms, chosen | new filter | exact | index | ratio | new filter | recall@10 | too few | what the shards did |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
].join('\n');

function row({ name, selectivity, p50Ms, recall, shortCount, plans }: Measured): string {
  const { again, exact, index } = p50Ms;
  const ms = [again, p50Ms.new, exact, index].map((time) => time.toFixed(2));
  const best = Math.min(exact, index);
  const ratios = [again, p50Ms.new].map((time) => (time / best).toFixed(2));
  const cells = [name, `${100 * selectivity} %`, ...ms, ...ratios, recall.toFixed(3), shortCount];
  return `| ${[...cells, plans].join(' | ')} |`;
}
