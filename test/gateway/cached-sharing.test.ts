import { startCall } from '../../subgraphs/call.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';
import { openFaultyCache, type Caches } from '../support/caches.ts';
import type { FaultyPods } from '../support/faulty-pods.ts';
import { createGate, hotIn, keysOf, madeIn, outcomeOf, until } from '../support/hot-searches.ts';
import { codeFrom, line } from '../support/store-calls.ts';

const gate = createGate();
let opened: Awaited<ReturnType<typeof openFaultyCache>>;
let pods: FaultyPods;
let caches: Caches;
beforeAll(async () => {
  opened = await openFaultyCache(gate.over);
  ({ pods, caches } = opened);
});
afterEach(() => {
  gate.open();
  pods.repair();
});
afterAll(() => opened.close());

const remove = (ref: CollectionRef, key: string): Promise<number> =>
  caches.gateways[0]!.run((store, call) =>
    store.delete({ ...ref, target: { keys: [key] }, version: null }, call),
  );

const searchesOf = (pod: 'a' | 'b' | 'c'): number =>
  pods[pod].asked.filter((method) => method === 'search').length;

test('many identical searches at the same time are one statement a pod', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'many');
  const before = (['a', 'b', 'c'] as const).map(searchesOf);

  const answers = await Promise.all(Array.from({ length: 50 }, () => gateway!.search(hotIn(ref))));

  expect((['a', 'b', 'c'] as const).map(searchesOf)).toEqual(before.map((count) => count + 1));
  const joined = answers.filter((answer) => outcomeOf(answer) === 'COALESCED');
  expect(joined).toHaveLength(49);
  for (const answer of answers) expect(answer.matches).toEqual(answers[0]!.matches);
});

test('searches for more, for another selection or without the cache are their own', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'others');

  const answers = await Promise.all([
    gateway!.search(hotIn(ref)),
    gateway!.search(hotIn(ref, { limit: 4 })),
    gateway!.search(hotIn(ref, { select: { metadata: 'all', vector: false } })),
    gateway!.search(hotIn(ref, { cache: false })),
  ]);

  expect(answers.map(outcomeOf)).toEqual(['MISS', 'MISS', 'MISS', undefined]);
});

test('whoever goes away, the others get their answer; the last one ends the search', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'left');
  gate.shut();
  const calls = [1, 2, 3].map(() => startCall({ timeoutMs: 20_000, requestId: 'test' }));
  const before = gate.asked.length;
  const searches = calls.map((call) => gateway!.store.search(hotIn(ref), call));
  await until(() => gate.asked.length > before);
  calls[0]!.abort();
  calls[1]!.abort();
  gate.open();

  expect(keysOf(await searches[2]!)).toEqual(['0', '1', '2']);
  await Promise.allSettled(searches);
  expect(gate.asked).toHaveLength(before + 1);
  calls[2]!.end();

  gate.shut();
  // Longer than the test, which would end without an answer.
  const last = startCall({ timeoutMs: 60_000, requestId: 'test' });
  const alone = codeFrom(gateway!.store.search(hotIn(ref), last));
  await until(() => gate.asked.length > before + 1);
  last.abort();
  expect(await alone).toBe('DEADLINE_EXCEEDED');
});

describe.each([
  ['a collection whose writes are counted', true],
  ['a collection whose writes nobody counts', false],
])('in %s', (name, isCounted) => {
  test('a search that begins after a write does not share one from before it', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, `written-${name}`);
    await gateway!.run((store, call) => store.watch(ref, isCounted, call));
    gate.shut();
    const before = gate.asked.length;
    const early = gateway!.search(hotIn(ref));
    await until(() => gate.asked.length > before);
    await remove(ref, '0');
    const late = gateway!.search(hotIn(ref));
    // It would be the early one's answer, which stands and is held back.
    await until(() => gate.asked.length > before + 1);
    gate.open();

    expect(keysOf(await early)).toEqual(['0', '1', '2']);
    expect(keysOf(await late)).toEqual(['1', '2', '3']);
  });
});

test('the answer of some of the pods is for the one who asked', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'partial', line(30));
  pods.b.break({ kind: 'down' });
  const before = searchesOf('a');

  const answers = await Promise.all([1, 2, 3].map(() => gateway!.search(hotIn(ref))));

  expect(answers.map(outcomeOf)).toEqual(['MISS', 'MISS', 'MISS']);
  expect(searchesOf('a')).toBe(before + 3);
});
