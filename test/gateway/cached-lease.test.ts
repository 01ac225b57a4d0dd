import { openPodDatabase } from '../subgraphs/postgres/open-pod.ts';
import { startCall } from '../../subgraphs/call.ts';
import { within } from '../../subgraphs/within.ts';
import { openCaches, type Caches, type CachesOptions } from '../support/caches.ts';
import { runBehind } from '../support/changes.ts';
import { onRedis, testRedis } from '../support/databases.ts';
import {
  createGate,
  hit,
  hotIn,
  keysOf,
  madeIn,
  outcomeOf,
  until,
} from '../support/hot-searches.ts';
import { line } from '../support/store-calls.ts';
import { startProxy } from '../support/tcp-proxy.ts';

const open: Caches[] = [];
afterEach(async () => {
  for (const caches of open.splice(0)) await caches.close();
});

/** Two gateways that keep what they see once, both of which ask the pods through gates. */
async function openTwo(different: Partial<CachesOptions> = {}) {
  const gates = [createGate(), createGate()] as const;
  const caches = await openCaches({
    count: 2,
    settings: { admitAfter: 1, ...different.settings },
    wrap: (store, i) => gates[i]!.over(store),
  });
  open.push(caches);
  const [one, other] = caches.gateways;
  return { caches, one: one!, other: other!, gates };
}

/** They poll the pods for the collection, and can serve what is kept of it. */
async function heat(
  { one, other }: Awaited<ReturnType<typeof openTwo>>,
  ref: Parameters<typeof hotIn>[0],
) {
  for (const gateway of [one, other]) await hit(gateway, hotIn(ref));
}

const far = { vector: Float32Array.of(9, 0) };

onRedis(
  'a search that another gateway has begun is awaited, and the pods are not asked',
  async () => {
    const two = await openTwo();
    const { caches, one, other, gates } = two;
    const ref = await madeIn(caches, 'awaited', line(20));
    await heat(two, ref);
    // A lease is waited for only so long, and pods may not have said in time how far they are.
    let n = 0;
    await until(async () => {
      const query = hotIn(ref, { vector: Float32Array.of(++n, 0) });
      const asked = gates[1].asked.length;
      gates[0].shut();
      const before = gates[0].asked.length;
      const first = one.search(query);
      await until(() => gates[0].asked.length > before);
      const leases = other.requests.length;
      const second = other.search(query);
      await until(() => other.requests.slice(leases).some(({ command }) => command === 'lease'));
      gates[0].open();
      const [found, awaited] = await Promise.all([first, second]);
      expect(outcomeOf(found)).toBe('MISS');
      expect(awaited.matches).toEqual(found.matches);
      if (outcomeOf(awaited) !== 'COALESCED') return false;

      expect(gates[1].asked).toHaveLength(asked);
      expect(awaited.cache!.ageMs).not.toBeNull();
      return true;
    });
  },
);

onRedis('a gateway that is killed in the middle holds nobody up for long', async () => {
  const proxy = await startProxy(Number(new URL(testRedis()!).port));
  const redis = [`redis://127.0.0.1:${proxy.port}`, testRedis()];
  const { caches, one, other, gates } = await openTwo({ redis });
  try {
    const ref = await madeIn(caches, 'killed');
    await until(() => one.store.isRedisResting === false);
    gates[0].shut();
    const lost = one.search(hotIn(ref, far));
    await until(() => gates[0].asked.length === 1);
    expect(one.requests.at(-1)).toMatchObject({ command: 'lease', went: 'well' });
    // It says nothing more to Redis, where its lease ends by itself.
    proxy.make({ kind: 'cut' });

    expect(keysOf(await other.search(hotIn(ref, far)))).toEqual(['8', '7', '9']);
    expect(gates[1].asked).toHaveLength(1);
    gates[0].open();
    await lost;
  } finally {
    await proxy.close();
  }
});

onRedis('when an answer cannot be kept, the one who waits goes on', async () => {
  const { caches, one, other, gates } = await openTwo({ settings: { maxEntryBytes: 1_100 } });
  const ref = await madeIn(caches, 'large', line(60));
  const large = hotIn(ref, { limit: 50 });
  gates[0].shut();
  const first = one.search(large);
  await until(() => gates[0].asked.length === 1);
  const second = other.search(large);
  await until(() => other.requests.some(({ command }) => command === 'lease'));
  gates[0].open();

  expect((await first).matches).toHaveLength(50);
  expect((await second).matches).toHaveLength(50);
  expect(outcomeOf(await second)).toBe('MISS');
  expect(one.fills).toEqual(['refused']);
  // It was its turn, and it gave it back.
  const { command, went } = other.requests.filter((request) => request.command !== 'read').at(-1)!;
  expect([command, went]).toEqual(['lease', 'well']);
});

onRedis('a search that fails lets the one who waits go on', async () => {
  const { caches, one, other, gates } = await openTwo();
  const ref = await madeIn(caches, 'failed');
  gates[0].shut();
  const call = startCall({ timeoutMs: 60_000, requestId: 'test' });
  const first = one.store.search(hotIn(ref), call).catch(() => 'failed');
  await until(() => gates[0].asked.length === 1);
  call.abort();

  expect(outcomeOf(await other.search(hotIn(ref)))).toBe('MISS');
  expect(await first).toBe('failed');
  expect(gates[1].asked).toHaveLength(1);
});

onRedis('who joins one who waits for another gateway sees what is 100 ms old', async () => {
  const databases = [0, 1, 2].map(openPodDatabase);
  const never = new Promise<never>(() => undefined);
  let isSilent = false;
  const gate = createGate();
  const caches = await openCaches({
    count: 2,
    settings: { admitAfter: 1 },
    wrap: (store, i) =>
      i === 0
        ? gate.over(store)
        : {
            ...store,
            changes: (refs, call) => (isSilent ? within(call, never) : store.changes(refs, call)),
          },
  });
  open.push(caches);
  const [one, other] = caches.gateways;
  const ref = await madeIn(caches, 'joined');
  for (const gateway of caches.gateways) await hit(gateway, hotIn(ref));
  gate.shut();
  const before = gate.asked.length;
  const waiting = [one!.search(hotIn(ref, far))];
  await until(() => gate.asked.length > before);

  // From here on what the other gateway knows of the pods grows old.
  isSilent = true;
  const remove = `delete from "${ref.bucket}"."${ref.collection}"`;
  await Promise.all(databases.map((database) => runBehind(database, remove)));
  const committedAt = performance.now();
  await until(() => performance.now() > committedAt + 15);
  waiting.push(other!.search(hotIn(ref, far)));
  await until(() => performance.now() > committedAt + 101);
  const late = other!.search(hotIn(ref, far));
  gate.open();

  expect(keysOf(await late)).toEqual([]);
  await Promise.all(waiting);
  for (const database of databases) await database.close();
});
