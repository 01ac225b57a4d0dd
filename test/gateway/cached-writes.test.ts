import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef, VectorStore } from '../../subgraphs/store.ts';
import { openCaches, type CachedGateway, type Caches } from '../support/caches.ts';
import { testRedis } from '../support/databases.ts';
import { hit, hotIn, keysOf, madeIn, outcomeOf } from '../support/hot-searches.ts';
import { indexIn, line, specIn } from '../support/store-calls.ts';

let caches: Caches;
beforeAll(async () => {
  caches = await openCaches({ count: 2 });
});
afterAll(() => caches.close());

const all = { limit: 4, select: { metadata: 'all', vector: false } } as const;
const near = { key: 'near', vector: Float32Array.of(0.5, 0), metadata: { n: -1 } };
const few = { kind: 'lt', path: ['n'], value: 2 } as const;

type Write = (store: VectorStore, ref: CollectionRef, call: Call) => Promise<unknown>;

const writes: readonly (readonly [string, Write, readonly (readonly [string, unknown])[]])[] = [
  [
    'an upsert',
    (store, ref, call) => store.upsert({ ...ref, records: [near], version: null }, call),
    [
      ['near', -1],
      ['0', 0],
      ['1', 1],
      ['2', 2],
    ],
  ],
  [
    'an update of metadata',
    (store, ref, call) =>
      store.updateMetadata(
        { ...ref, keys: ['1'], set: { n: 100 }, unset: [], dryRun: false, version: null },
        call,
      ),
    [
      ['0', 0],
      ['1', 100],
      ['2', 2],
      ['3', 3],
    ],
  ],
  [
    'a deletion by keys',
    (store, ref, call) =>
      store.delete({ ...ref, target: { keys: ['0', '2'] }, version: null }, call),
    [
      ['1', 1],
      ['3', 3],
      ['4', 4],
      ['5', 5],
    ],
  ],
  [
    'a deletion by a filter',
    (store, ref, call) => store.delete({ ...ref, target: { filter: few }, version: null }, call),
    [
      ['2', 2],
      ['3', 3],
      ['4', 4],
      ['5', 5],
    ],
  ],
  [
    'dropping and making it again',
    async (store, ref, call) => {
      await store.deleteCollection(ref, null, call);
      await store.createCollection(specIn(ref.bucket, ref.collection), null, call);
      await store.upsert({ ...ref, records: [near], version: null }, call);
    },
    [['near', -1]],
  ],
];

/** Without Redis gateways learn of each other's writes by asking the pods, a moment later. */
const writers = testRedis() ? ['the same', 'another'] : ['the same'];

describe.each(writers)('through %s gateway', (whose) => {
  const writer = (): CachedGateway => caches.gateways[whose === 'the same' ? 0 : 1]!;

  test.each(writes)('%s is shown by the next search', async (name, write, expected) => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, `${name} ${whose}`);
    await hit(gateway!, hotIn(ref, all));
    await writer().run((store, call) => write(store, ref, call));
    const after = await gateway!.search(hotIn(ref, all));

    expect(after.matches.map(({ key, metadata }) => [key, metadata!['n']])).toEqual(expected);
    expect((await hit(gateway!, hotIn(ref, all))).matches).toEqual(after.matches);
  });

  test('a collection that was dropped is not there for the next search', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, `dropped ${whose}`);
    await hit(gateway!, hotIn(ref));
    await writer().run((store, call) => store.deleteCollection(ref, null, call));

    await expect(gateway!.search(hotIn(ref))).rejects.toMatchObject({
      extensions: { code: 'COLLECTION_NOT_FOUND' },
    });
  });

  test('many writes in turn are each shown by the next search', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, `in turn ${whose}`);
    await hit(gateway!, hotIn(ref, all));
    for (let n = 100; n < 150; n++) {
      const set = { n };
      await writer().run((store, call) =>
        store.updateMetadata(
          { ...ref, keys: ['0'], set, unset: [], dryRun: false, version: null },
          call,
        ),
      );
      const { matches } = await gateway!.search(hotIn(ref, all));

      expect(matches[0]!.metadata).toEqual(set);
      await gateway!.search(hotIn(ref, all));
    }
  });
});

test('a write that was only judged leaves what is cached', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'judged');
  await hit(gateway!, hotIn(ref));
  const before = gateway!.requests.length;
  await gateway!.run((store, call) =>
    store.updateMetadata(
      { ...ref, keys: ['0'], set: { n: 5 }, unset: [], dryRun: true, version: null },
      call,
    ),
  );

  expect(gateway!.requests.slice(before).map(({ command }) => command)).not.toContain('raise');
  await hit(gateway!, hotIn(ref));
  expect(gateway!.fills.at(-1)).toBe('admitted');
});

test('a write of nothing leaves nothing wrong', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'nothing');
  const before = await hit(gateway!, hotIn(ref));
  await gateway!.run((store, call) =>
    store.delete({ ...ref, target: { keys: ['none'] }, version: null }, call),
  );

  expect(keysOf(await gateway!.search(hotIn(ref)))).toEqual(keysOf(before));
});

test('an index that was built or dropped is used, or not, by the next search', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'indexed', line(20));
  const index = indexIn(ref.bucket, ref.collection);
  for (const change of ['createIndex', 'dropIndex'] as const) {
    await hit(gateway!, hotIn(ref));
    await gateway!.run<unknown>((store, call) => store[change](index, call));

    expect(outcomeOf(await gateway!.search(hotIn(ref)))).toBe('MISS');
  }
});

test('a collection that is cleared is asked for anew, by all gateways', async () => {
  const [one, other] = caches.gateways;
  const ref = await madeIn(caches, 'cleared');
  const gateways = testRedis() ? [one!, other!] : [one!];
  for (const gateway of gateways) await hit(gateway, hotIn(ref));
  await one!.run((_, call) => one!.store.clear(ref, call));

  for (const gateway of gateways) {
    expect(outcomeOf(await gateway.search(hotIn(ref, { vector: Float32Array.of(8, 0) })))).toBe(
      'MISS',
    );
  }
  expect(outcomeOf(await one!.search(hotIn(ref)))).toBe('MISS');
  await hit(one!, hotIn(ref));
});
