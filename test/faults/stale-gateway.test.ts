import { openFaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, searchIn, specIn } from '../support/store-calls.ts';
import type { FaultyPods } from '../support/faulty-pods.ts';
import type { CollectionSpec, VectorStore } from '../../subgraphs/store.ts';

let pods: FaultyPods;
let collectionCount = 0;
let spec: CollectionSpec;
/** Remembers the collection as it was on two pods; it has been made anew on all three since. */
let stale: VectorStore;
let current: VectorStore;

const records = line(60);

beforeAll(async () => {
  pods = await openFaultyPods();
});
afterAll(() => pods.close());

beforeEach(async () => {
  spec = specIn(pods.bucket, `moved_${collectionCount++}`);
  stale = pods.gateway();
  const first = { ...spec, pods: ['pod-a', 'pod-b'] };
  await during((call) => stale.createCollection(first, null, call));

  current = pods.gateway();
  await during((call) => current.deleteCollection(spec, null, call));
  await during((call) => current.createCollection(spec, null, call));
});
afterEach(() => pods.repair());

const fill = (gateway: VectorStore) =>
  during((call) => gateway.upsert({ ...spec, version: null, records }, call));

const count = (gateway: VectorStore) =>
  during((call) => gateway.count({ ...spec, filter: null }, call));

test('its writes reach the pods that own the keys now', async () => {
  expect(await fill(stale)).toBe(60);
  expect(await count(current)).toBe(60);

  expect(
    await during((call) =>
      stale.delete({ ...spec, version: null, target: { keys: ['1', '2', 'none'] } }, call),
    ),
  ).toBe(2);
  expect(await count(current)).toBe(58);
});

test('its deletion by filter empties every pod', async () => {
  await fill(current);
  const filter = { kind: 'lt', path: ['n'], value: 50 } as const;

  const deleted = await during((call) =>
    stale.delete({ ...spec, version: null, target: { filter } }, call),
  );

  expect(deleted).toBe(50);
  expect(await count(current)).toBe(10);
});

test('its search covers the pods of now', async () => {
  await fill(current);

  const answer = await during((call) => stale.search(searchIn(spec.bucket, spec.collection), call));

  expect(answer.matches.map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4']);
  expect(answer.shards).toHaveLength(3);
});

test('its reads by key, scans and counts miss nothing', async () => {
  await fill(current);
  const select = { metadata: 'none', vector: false } as const;
  const keys = records.map(({ key }) => key);

  const fetched = await during((call) => stale.fetch({ ...spec, keys, select }, call));
  expect(fetched.map((record) => record && 'key' in record && record.key)).toEqual(keys);

  const others = [pods.gateway(), pods.gateway()];
  expect(await count(others[0]!)).toBe(60);
  const page = await during((call) =>
    others[1]!.scan(
      {
        ...spec,
        filter: null,
        limit: 100,
        orderBy: [],
        after: null,
        segment: { index: 0, of: 1 },
        select,
      },
      call,
    ),
  );
  expect(page.records.map(({ key }) => key)).toEqual(keys.toSorted());
});

test('a count that begins stale is right', async () => {
  await fill(current);
  expect(await count(stale)).toBe(60);
});

test('a caller that has seen another version is refused', async () => {
  const write = { ...spec, version: 1, records };

  await expect(during((call) => current.upsert(write, call))).rejects.toMatchObject({
    extensions: { reason: 'STALE_PLACEMENT' },
  });
});

test('a pod whose placement is older than the others refuses writes, and says so', async () => {
  await fill(current);
  const { store } = pods.b;
  const behind = pods.gatewayWith('pod-b', {
    ...store,
    async describe(ref, call, options) {
      const found = await store.describe(ref, call, options);
      return found && { ...found, placement: { ...found.placement, version: 1 } };
    },
    upsert: (write, call) => store.upsert({ ...write, version: 1 }, call),
  });

  const write = { ...spec, version: null, records };
  const error = during((call) => behind.upsert(write, call));

  await expect(error).rejects.toMatchObject({
    extensions: {
      code: 'PARTIAL_WRITE',
      pods: [
        { pod: 'pod-a', outcome: 'written' },
        { pod: 'pod-b', outcome: 'notWritten' },
        { pod: 'pod-c', outcome: 'written' },
      ],
    },
  });
  await expect(error).rejects.toThrow(/Pod "pod-b" has an older placement/);
  expect(await codeFrom(fill(current))).toBe('none');
});
