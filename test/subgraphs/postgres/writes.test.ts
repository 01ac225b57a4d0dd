import { ownersOf, spreadSlots, type Placement } from '../../../schema/placement.ts';
import { slotOf } from '../../../schema/key.ts';
import type { NewRecord, StoredRecord } from '../../../subgraphs/store.ts';
import { codeFrom, during } from '../../support/store-calls.ts';
import { fill, openPod, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

const everything = { metadata: 'all', vector: true } as const;

const fetchOne = async (collection: string, key: string) => {
  const [record] = await during((call) =>
    pod.store.fetch({ bucket: pod.bucket, collection, keys: [key], select: everything }, call),
  );
  return record as StoredRecord | null;
};

const upsert = (collection: string, records: NewRecord[], version: number | null = null) =>
  during((call) => pod.store.upsert({ bucket: pod.bucket, collection, version, records }, call));

const recordOf = (key: string, ...numbers: number[]): NewRecord => ({
  key,
  vector: Float32Array.from(numbers),
  metadata: {},
});

const moveOn = (collection: string) =>
  during((call) =>
    pod.database.query(
      {
        text: `update quiver.placement set version = version + 1 where bucket = $1 and collection = $2`,
        values: [pod.bucket, collection],
      },
      call,
    ),
  );

test('records come back as they were written, bit by bit', async () => {
  await fill(pod, specOf(pod, 'trip', { dimension: 3 }), []);
  const metadata = {
    "it's": ['"', '\\', '{}', null, { deep: [1.5, true] }],
    ä: '\u{1f600}',
    n: 1e21,
  };
  const vector = Float32Array.from([1.17549435e-38, -3.4028235e38, Math.fround(0.1)]);

  expect(await upsert('trip', [{ key: 'k\'"\\\u{1f600}', vector, metadata }])).toBe(1);

  expect(await fetchOne('trip', 'k\'"\\\u{1f600}')).toEqual({
    key: 'k\'"\\\u{1f600}',
    vector,
    metadata,
  });
});

test('an upsert replaces the whole record', async () => {
  await fill(pod, specOf(pod, 'whole'), [{ key: 'a', vector: [1, 2, 3, 4], metadata: { old: 1 } }]);
  await upsert('whole', [{ ...recordOf('a', 4, 3, 2, 1), metadata: { new: 2 } }]);
  expect(await fetchOne('whole', 'a')).toMatchObject({ metadata: { new: 2 } });
});

test('an upsert of nothing writes nothing', async () => {
  await fill(pod, specOf(pod, 'nothing'), []);
  expect(await upsert('nothing', [])).toBe(0);
});

test('one record of another dimension refuses all', async () => {
  await fill(pod, specOf(pod, 'refused'), []);
  const writing = upsert('refused', [recordOf('a', 1, 2, 3, 4), recordOf('b', 1, 2)]);
  await expect(writing).rejects.toMatchObject({
    extensions: { code: 'DIMENSION_MISMATCH', argument: 'records[1].vector' },
  });
  expect(await fetchOne('refused', 'a')).toBeNull();
});

test('metadata keys are set and removed, and the vector stays', async () => {
  await fill(pod, specOf(pod, 'metadata'), [
    { key: 'a', vector: [1, 2, 3, 4], metadata: { keep: 1, drop: 2, change: 3 } },
    { key: 'b', vector: [1, 2, 3, 4], metadata: {} },
  ]);
  const write = { bucket: pod.bucket, collection: 'metadata', version: null, dryRun: false };
  const set = { change: 4, add: [5] };
  const change = { ...write, keys: ['b', 'none', 'a'], set, unset: ['drop'] };

  expect(await during((call) => pod.store.updateMetadata(change, call))).toBe(2);
  expect(await fetchOne('metadata', 'a')).toEqual({
    key: 'a',
    vector: Float32Array.from([1, 2, 3, 4]),
    metadata: { keep: 1, change: 4, add: [5] },
  });
});

test('an update that makes one record too large changes none', async () => {
  await fill(pod, specOf(pod, 'large'), [
    { key: 'a', vector: [0, 0, 0, 0], metadata: {} },
    { key: 'b', vector: [0, 0, 0, 0], metadata: { text: 'x'.repeat(40_000) } },
  ]);
  const write = { bucket: pod.bucket, collection: 'large', version: null, dryRun: false };
  const change = { ...write, unset: [], keys: ['a', 'b'], set: { more: 'y'.repeat(2_000) } };

  const updating = during((call) => pod.store.updateMetadata(change, call));

  await expect(updating).rejects.toMatchObject({
    extensions: { code: 'LIMIT_EXCEEDED', argument: 'set', limit: 40_960 },
  });
  expect(await fetchOne('large', 'a')).toMatchObject({ metadata: {} });
});

test('records are deleted by key and by filter, and counted', async () => {
  const records = [1, 2, 3, 4, 5].map((n) => ({
    key: `k${n}`,
    vector: [n, 0, 0, 0],
    metadata: { n },
  }));
  await fill(pod, specOf(pod, 'deleted'), records);
  const write = { bucket: pod.bucket, collection: 'deleted', version: null };
  const remove = (target: Parameters<typeof pod.store.delete>[0]['target']) =>
    during((call) => pod.store.delete({ ...write, target }, call));

  expect(await remove({ keys: ['k1', 'none'] })).toBe(1);
  expect(await remove({ filter: { kind: 'gte', path: ['n'], value: 4 } })).toBe(2);
  const count = { bucket: pod.bucket, collection: 'deleted', filter: null };
  expect(await during((call) => pod.store.count(count, call))).toBe(2);
});

describe('the fence', () => {
  test('refuses a write that acts on another version, and writes nothing', async () => {
    await fill(pod, specOf(pod, 'fenced'), []);
    for (const version of [0, 2]) {
      await expect(upsert('fenced', [recordOf('a', 1, 2, 3, 4)], version)).rejects.toMatchObject({
        extensions: { code: 'POD_UNAVAILABLE', reason: 'STALE_PLACEMENT', outcome: 'notWritten' },
      });
    }
    expect(await fetchOne('fenced', 'a')).toBeNull();
    expect(await upsert('fenced', [recordOf('a', 1, 2, 3, 4)], 1)).toBe(1);
  });

  test('lets a write without a version follow the placement', async () => {
    await fill(pod, specOf(pod, 'followed'), []);
    await upsert('followed', [recordOf('a', 1, 2, 3, 4)]);
    await moveOn('followed');
    expect(await upsert('followed', [recordOf('b', 1, 2, 3, 4)])).toBe(1);
    await expect(upsert('followed', [recordOf('c', 1, 2, 3, 4)], 1)).rejects.toMatchObject({
      extensions: { reason: 'STALE_PLACEMENT' },
    });
  });

  test('keeps out keys that another pod holds', async () => {
    const slots = spreadSlots(['pod-a', 'pod-b']);
    const placement: Placement = {
      uid: '00000000-0000-4000-8000-000000000001',
      version: 1,
      state: 'creating',
      slots,
    };
    const spec = specOf(pod, 'shared');
    await during((call) => pod.store.createCollection(spec, placement, call));
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    const foreign = keys.find((key) => ownersOf(placement)[slotOf(key)] === 'pod-b')!;
    const own = keys.find((key) => ownersOf(placement)[slotOf(key)] === 'pod-a')!;
    const records = [recordOf(own, 1, 2, 3, 4), recordOf(foreign, 1, 2, 3, 4)];

    await expect(upsert('shared', records)).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', argument: 'records[1].key' },
    });
    await expect(upsert('shared', records, 1)).rejects.toMatchObject({
      extensions: { reason: 'STALE_PLACEMENT' },
    });
    expect(await upsert('shared', [records[0]!], 1)).toBe(1);
  });
});

test('a write to a collection that is gone says so, or that the placement is stale', async () => {
  await fill(pod, specOf(pod, 'gone'), []);
  await upsert('gone', [recordOf('a', 1, 2, 3, 4)]);
  const ref = { bucket: pod.bucket, collection: 'gone' };
  const run = (text: string, values: unknown[] = []) =>
    during((call) => pod.database.query({ text, values }, call));
  await run(
    `update quiver.placement set state = 'dropped', version = 2
     where bucket = $1 and collection = 'gone'`,
    [pod.bucket],
  );
  await run(`drop table "${pod.bucket}".gone`);
  expect(await codeFrom(upsert('gone', [recordOf('a', 1, 2, 3, 4)]))).toBe('COLLECTION_NOT_FOUND');
  await expect(upsert('gone', [recordOf('a', 1, 2, 3, 4)], 1)).rejects.toMatchObject({
    extensions: { reason: 'STALE_PLACEMENT' },
  });
  expect(await during((call) => pod.store.describe(ref, call))).toMatchObject({
    placement: { state: 'dropped', version: 2 },
  });
});

test('writers that take the same keys in opposite orders do not block each other', async () => {
  await fill(pod, specOf(pod, 'ring'), []);
  const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`);
  const ref = { bucket: pod.bucket, collection: 'ring', version: null };
  const write = (order: string[]) =>
    upsert(
      'ring',
      order.map((key) => recordOf(key, 1, 2, 3, 4)),
    );
  const update = (order: string[]) =>
    during((call) =>
      pod.store.updateMetadata(
        { ...ref, keys: order, set: { n: 1 }, unset: [], dryRun: false },
        call,
      ),
    );

  for (let round = 0; round < 5; round++) {
    const results = await Promise.all([
      write(keys),
      write(keys.toReversed()),
      update(keys),
      update(keys.toReversed()),
    ]);
    expect(results.slice(0, 2)).toEqual([200, 200]);
  }
});

test('a deletion among writers ends without a deadlock, and every writer is told', async () => {
  for (let round = 0; round < 5; round++) {
    const name = `dying_${round}`;
    await fill(pod, specOf(pod, name), []);
    const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
    const write = () =>
      upsert(
        name,
        keys.map((key) => recordOf(key, 1, 2, 3, 4)),
      );
    const ref = { bucket: pod.bucket, collection: name };
    const writes = [1, 2, 3, 4, 5, 6].map(() => codeFrom(write()));
    const removal = during((call) => pod.store.deleteCollection(ref, null, call));

    expect(await removal).toBe(true);
    for (const outcome of await Promise.all(writes)) {
      expect(['none', 'COLLECTION_NOT_FOUND']).toContain(outcome);
    }
  }
});
