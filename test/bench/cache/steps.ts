import { decodeEntry, encodeEntry, type Entry } from '../../../gateway/cache/entry.ts';
import { raised, raiseScript, readFloors, seenText } from '../../../gateway/cache/floors.ts';
import { searchKey } from '../../../gateway/cache/key.ts';
import { createRedisClient } from '../../../gateway/cache/redis-client.ts';
import { defaultCache } from '../../../gateway/cache/settings.ts';
import { createCachedStore, type CachedStore } from '../../../gateway/cached-store.ts';
import { createShardedStore } from '../../../gateway/sharded-store.ts';
import { openDatabaseStore } from '../../../gateway/topology.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import { startCall } from '../../../subgraphs/call.ts';
import type { SearchQuery, VectorStore } from '../../../subgraphs/store.ts';
import { searchIn, silent } from '../../support/store-calls.ts';
import { ask, bucket, collection, createQueries } from '../corpus.ts';
import { quantile, timed } from '../measure.ts';
import { podsOf, uncached, type Stage } from './stage.ts';

const warmUpCount = 200;
const roundCount = 5;
const timesARound = 100;

type Work = (turn: number) => unknown;

/** What the steps of a hit take in the gateway's process, and what else the cache was decided by. */
export async function benchSteps(stage: Stage): Promise<string> {
  const { redis, fleet } = stage;
  const gateway = await fleet.startGateway({ pods: podsOf(stage), ...uncached });
  const store = await openStore(stage);
  const url = `redis://127.0.0.1:${redis.port}`;
  const cached = cachedStore(store, url);
  const lone = cachedStore(await openStore(stage), null);
  const client = createRedisClient(url, { onLost() {}, onBack() {} });
  try {
    const steps = {
      ...(await searchSteps(store, cached, lone)),
      'the same through a gateway': (turn: number) => oneRecord(gateway, `key-${turn}`),
      ...(await redisSteps(client)),
      ...entrySteps(),
    };
    return table(await measureSteps(steps));
  } finally {
    client.close();
    await fleet.stop();
    await Promise.all([cached.close(), lone.close()]);
  }
}

async function openStore({ podNames, databases }: Stage): Promise<VectorStore> {
  const limits = defaultLimits;
  const pods = await Promise.all(
    podNames.map(async (name, i) => ({
      name,
      store: await openDatabaseStore({ url: databases[i]!, pod: name, limits, logger: silent }),
    })),
  );
  return createShardedStore({ pods, logger: silent });
}

const cachedStore = (store: VectorStore, url: string | null): CachedStore =>
  createCachedStore({
    store,
    settings: { ...defaultCache, ttlMs: 3_600_000 },
    redis: url === null ? null : { settings: url, prefix: 'steps:' },
    events: { searched: () => {}, filled: () => {}, redis: () => {} },
    logger: silent,
  });

/** The same call for all: its deadline is far away. */
async function searchSteps(
  store: VectorStore,
  cached: CachedStore,
  lone: CachedStore,
): Promise<Record<string, Work>> {
  const call = startCall({ timeoutMs: 3_600_000, requestId: 'bench' });
  call.end();
  const ref = { bucket, collection };
  const next = createQueries();
  const queries = Array.from({ length: 100 }, (): SearchQuery =>
    searchIn(bucket, collection, { vector: next(), limit: 10, cache: true }),
  );
  const one = (turn: number): SearchQuery => queries[turn % queries.length]!;
  const keys = { metadata: 'all', vector: false } as const;
  return {
    'search, four shards': (turn) => store.search(one(turn), call),
    'the same with their counts': (turn) => store.search({ ...one(turn), changes: true }, call),
    'hit: entry in memory, floors from Redis': (turn) => cached.search(one(turn), call),
    'hit: no Redis': (turn) => lone.search(one(turn), call),
    'of a hit: what the collection is': () => store.describe(ref, call),
    'of a hit: the key of the search': (turn) =>
      searchKey(one(turn), { placementVersion: 1, caller: '' }),
    'counts of four shards, as a writer or a poll reads them': () => store.changes([ref], call),
    'one record by its key': (turn) =>
      store.fetch({ ...ref, keys: [`key-${turn}`], select: keys }, call),
  };
}

const oneRecord = (url: string, key: string): Promise<unknown> =>
  ask(
    url,
    'query ($collection: String!, $key: ID!) { vectorRecord(collection: $collection, key: $key) { key metadata } }',
    { collection, key },
  );

async function redisSteps(
  client: ReturnType<typeof createRedisClient>,
): Promise<Record<string, Work>> {
  const floors = 'steps:{bench}:floors';
  const kilobytes = 'steps:{bench}:2k';
  const changes = ['a', 'b', 'c', 'd'].map(
    (pod) => [pod, { table: '16384 2026-11-01', count: 12_345 }] as const,
  );
  const seen = { placementVersion: 1, changes: new Map(changes) };
  while (
    !(await client.ping().then(
      () => true,
      () => false,
    ))
  ) {
    await new Promise((again) => setTimeout(again, 10));
  }
  const raise = () => client.run(raiseScript, floors, [seenText(seen), 3_600_000, 10_000]);
  await raise();
  await client.set(kilobytes, Buffer.alloc(2_048, 'x'), 3_600_000);
  const text = Buffer.from(JSON.stringify(asStored(seen)));
  return {
    'of a hit: floors from Redis': () => client.get([floors]),
    'of a hit: floors as they are read': () => readFloors(text),
    'floors and 2 KB from Redis': () => client.get([floors, kilobytes]),
    'floors raised in Redis': raise,
  };
}

function asStored(seen: Parameters<typeof raised>[1]): object {
  const { floors, ...rest } = raised(null, seen, 0);
  return { ...rest, floors: Object.fromEntries(floors) };
}

function entrySteps(): Record<string, Work> {
  const plain = entryOf(null);
  const large = entryOf(1_536);
  const plainBytes = encodeEntry(plain, 'key');
  const largeBytes = encodeEntry(large, 'key');
  return {
    [`of a hit: its entry, ${kilobytesOf(plainBytes)}`]: () => decodeEntry(plainBytes, 'key'),
    [`an entry with ten vectors of 1,536, ${kilobytesOf(largeBytes)}, written`]: () =>
      encodeEntry(large, 'key'),
    'the same, read': () => decodeEntry(largeBytes, 'key'),
  };
}

const kilobytesOf = ({ length }: Buffer): string => `${(length / 1_024).toFixed(1)} KB`;

function entryOf(dimension: number | null): Entry {
  const matches = Array.from({ length: 10 }, (_, i) => ({
    key: `key-${i}`,
    distance: Math.sqrt(i + 0.5),
    ...(dimension !== null && { vector: new Float32Array(dimension).fill(0.1) }),
  }));
  const shards = ['a', 'b', 'c', 'd'].map((pod) => ({
    pod,
    plan: 'HNSW' as const,
    exactReason: null,
    tookMs: 0.512_345,
    rowCount: 10,
    truncated: false,
    attempts: 1,
    hedged: false,
    change: { table: '16384 2026-11-01', count: 12_345 },
  }));
  const answer = { matches, hasMore: true, shards, placementVersion: 1 };
  return { answer, limit: 10, filledAtMs: Date.now(), generation: '' };
}

/** By turns; the median of all. */
async function measureSteps(steps: Readonly<Record<string, Work>>) {
  const works = Object.entries(steps);
  const times = works.map((): number[] => []);
  for (const [, work] of works) for (let i = 0; i < warmUpCount; i++) await work(i);
  for (let round = 0; round < roundCount; round++) {
    for (const [i, [, work]] of works.entries()) {
      for (let turn = 0; turn < timesARound; turn++) {
        times[i]!.push(await timed(async () => work(turn)));
      }
    }
  }
  return works.map(([name], i) => ({ name, p50Ms: quantile(times[i]!, 0.5) }));
}

const table = (rows: readonly { readonly name: string; readonly p50Ms: number }[]): string =>
  [
    '| | p50 ms |',
    '|---|--:|',
    ...rows.map(({ name, p50Ms }) => `| ${name} | ${p50Ms.toFixed(3)} |`),
  ].join('\n');
