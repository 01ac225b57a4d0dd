import { startCall } from '../../subgraphs/call.ts';
import { createLoneTier } from '../../gateway/cache/lone-tier.ts';
import { createLookup } from '../../gateway/cache/lookup.ts';
import { createMemoryTier } from '../../gateway/cache/memory-tier.ts';
import { createPolls } from '../../gateway/cache/polls.ts';
import type { SearchAnswer } from '../../subgraphs/store.ts';
import { openFaultyCache, type Caches } from '../support/caches.ts';
import type { FaultyPods } from '../support/faulty-pods.ts';
import { hotIn, madeIn } from '../support/hot-searches.ts';
import { line } from '../support/store-calls.ts';

let opened: Awaited<ReturnType<typeof openFaultyCache>>;
let pods: FaultyPods;
let caches: Caches;
beforeAll(async () => {
  opened = await openFaultyCache();
  ({ pods, caches } = opened);
});
afterAll(() => opened.close());

const shardsThatAnswered = ({ shards }: SearchAnswer): number =>
  shards.filter((shard) => !('error' in shard)).length;

test('who joined a search that took all of the time has what it found', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'frozen', line(30));
  pods.b.break({ kind: 'frozen' });
  const call = startCall({ timeoutMs: 1_000, requestId: 'test' });

  const answers = await Promise.all([1, 2].map(() => gateway!.store.search(hotIn(ref), call)));
  pods.repair();

  expect(answers.map(shardsThatAnswered)).toEqual([2, 2]);
});

test('Redis that says nothing is waited for no longer than half of the time', async () => {
  const { store } = caches.gateways[0]!;
  const never = new Promise<never>(() => undefined);
  const look = createLookup({
    memory: createMemoryTier({ bytesMax: 0, entryBytesMax: 0, ttlMs: 1 }),
    shared: { ...createLoneTier(), read: () => never },
    polls: createPolls({ store, everyMs: 50, keepMs: 1, timeoutMs: 50 }),
  });
  const query = hotIn({ bucket: caches.bucket, collection: 'short' });
  const deadlineAt = Date.now() + 40;
  const search = { query, key: 'key', id: 'id', begunAt: 0, deadlineAt, isAdmitted: true };

  expect(await look(search)).toBeNull();
});
