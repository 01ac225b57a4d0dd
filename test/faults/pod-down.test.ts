import { slotOf } from '../../schema/key.ts';
import { spreadSlots } from '../../schema/placement.ts';
import { openFaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, scanIn, searchIn, specIn } from '../support/store-calls.ts';
import type { FaultyPods } from '../support/faulty-pods.ts';
import { podNames } from '../support/subjects.ts';
import type { ScanPosition } from '../../subgraphs/scan-order.ts';
import type { CollectionSpec, ScanPage, VectorStore } from '../../subgraphs/store.ts';

let pods: FaultyPods;
let spec: CollectionSpec;
let gateway: VectorStore;

const records = line(60);
const keys = records.map(({ key }) => key);
const select = { metadata: 'none', vector: false } as const;

/** The keys that a pod owns when all three share a collection. */
const keysOf = (pod: string): string[] =>
  keys.filter((key) =>
    spreadSlots(podNames)[pod]!.some(([from, to]) => slotOf(key) >= from && slotOf(key) <= to),
  );

beforeAll(async () => {
  pods = await openFaultyPods();
  spec = specIn(pods.bucket, 'lines');
  const maker = pods.gateway();
  await during((call) => maker.createCollection(spec, null, call));
  await during((call) => maker.upsert({ ...spec, version: null, records }, call));
});
afterAll(() => pods.close());

beforeEach(() => {
  gateway = pods.gateway();
});
afterEach(() => pods.repair());

const search = (timeoutMs?: number) =>
  during((call) => gateway.search(searchIn(spec.bucket, spec.collection), call), timeoutMs);

const upsert = (timeoutMs?: number) =>
  during((call) => gateway.upsert({ ...spec, version: null, records }, call), timeoutMs);

test('a new gateway searches the pods that are up and says which is not', async () => {
  pods.b.break({ kind: 'down' });

  const { matches, shards, placementVersion } = await search();

  const missing = keysOf('pod-b');
  expect(matches.map(({ key }) => key)).toEqual(
    keys.filter((key) => !missing.includes(key)).slice(0, 5),
  );
  expect(shards).toHaveLength(3);
  expect(shards.find(({ pod }) => pod === 'pod-b')).toMatchObject({
    error: { extensions: { code: 'POD_UNAVAILABLE' } },
  });
  expect(placementVersion).toBe(1);
});

test('a pod that keeps silent costs its part, also when the placement has to be read first', async () => {
  pods.b.break({ kind: 'frozen' });

  const { matches, shards } = await search(1_000);

  expect(matches.length).toBe(5);
  expect(shards.find(({ pod }) => pod === 'pod-b')).toMatchObject({
    error: { extensions: { code: 'DEADLINE_EXCEEDED' } },
  });
});

test('no pod answers: the search says so of every shard', async () => {
  await search();
  for (const pod of [pods.a, pods.b, pods.c]) pod.break({ kind: 'down' });

  const { matches, shards, placementVersion } = await search();

  expect(matches).toEqual([]);
  expect(shards.every((shard) => 'error' in shard)).toBe(true);
  expect(placementVersion).toBe(0);
});

test('a mistake of the caller is no failure of the pods', async () => {
  const query = searchIn(spec.bucket, spec.collection, { vector: Float32Array.of(1, 2, 3) });

  expect(await codeFrom(during((call) => gateway.search(query, call)))).toBe('DIMENSION_MISMATCH');
});

test('records of the other pods are there, those of the pod that is down are errors', async () => {
  pods.c.break({ kind: 'down' });
  const asked = [...keys, 'nobody'];

  const fetched = await during((call) => gateway.fetch({ ...spec, keys: asked, select }, call));

  const failed = keysOf('pod-c');
  const outcomes = fetched.map((record) =>
    record instanceof Error ? 'error' : (record?.key ?? null),
  );
  expect(failed.length).toBeGreaterThan(0);
  expect(outcomes).toEqual([...keys.map((key) => (failed.includes(key) ? 'error' : key)), null]);
});

test('each pod is asked once for all its keys', async () => {
  await search();
  const before = pods.a.asked.length;

  await during((call) => gateway.fetch({ ...spec, keys, select }, call));

  expect(pods.a.asked.slice(before)).toEqual(['fetch']);
});

test('scans and counts need every pod', async () => {
  pods.a.break({ kind: 'down' });
  const scan = {
    ...spec,
    filter: null,
    limit: 9,
    orderBy: [],
    after: null,
    segment: { index: 0, of: 1 },
    select,
  };

  expect(await codeFrom(during((call) => gateway.scan(scan, call)))).toBe('POD_UNAVAILABLE');
  expect(await codeFrom(during((call) => gateway.count({ ...spec, filter: null }, call)))).toBe(
    'POD_UNAVAILABLE',
  );
});

test('scans go through all records in key order, page by page', async () => {
  const seen: string[] = [];
  for (let after: ScanPosition | null = null, more = true; more;) {
    const query = scanIn(spec.bucket, spec.collection, { limit: 7, after });
    const page: ScanPage = await during((call) => gateway.scan(query, call));
    seen.push(...page.records.map(({ key }) => key));
    after = page.records.at(-1)!.position;
    more = page.hasMore;
  }

  expect(seen).toEqual(keys.toSorted());
});

test('a write says of each pod what came of it', async () => {
  pods.b.break({ kind: 'down' });
  pods.c.break({ kind: 'losesAnswers' });
  const written = upsert();

  await expect(written).rejects.toMatchObject({
    extensions: {
      code: 'PARTIAL_WRITE',
      pods: [
        { pod: 'pod-a', outcome: 'written' },
        { pod: 'pod-b', outcome: 'notWritten' },
        { pod: 'pod-c', outcome: 'unknown' },
      ],
    },
  });
});

test('a deletion by filter deletes nothing while a shard is down', async () => {
  pods.c.break({ kind: 'down' });
  const filter = { kind: 'exists', path: ['n'], value: true } as const;
  const write = { ...spec, version: null, target: { filter } };

  expect(await codeFrom(during((call) => gateway.delete(write, call)))).toBe('POD_UNAVAILABLE');
  pods.repair();
  expect(await during((call) => gateway.count({ ...spec, filter }, call))).toBe(records.length);
});

test('a write that reached no pod is the plain error', async () => {
  await search();
  for (const pod of [pods.a, pods.b, pods.c]) pod.break({ kind: 'down' });

  expect(await codeFrom(upsert())).toBe('POD_UNAVAILABLE');
});

test('a write to keys of the pods that are up is no partial one', async () => {
  pods.b.break({ kind: 'down' });
  const change = { set: { seen: true }, unset: [], dryRun: false };
  const write = { ...spec, ...change, version: null, keys: keysOf('pod-a') };

  expect(await during((call) => gateway.updateMetadata(write, call))).toBe(write.keys.length);
});

test('collections are listed without those pods that are down, which are named', async () => {
  pods.b.break({ kind: 'down' });
  const query = { bucket: spec.bucket, prefix: '', limit: 9, after: null, everyState: false };

  const page = await during((call) => gateway.listCollections(query, call));
  expect(page.collections.map(({ collection }) => collection)).toEqual(['lines']);
  expect(page.pods.filter(({ error }) => error).map(({ pod }) => pod)).toEqual(['pod-b']);

  const what = { count: true, bytes: false, indexes: false };
  const [rows] = await during((call) => gateway.inspect([spec], what, call));
  expect(rows!.map(({ pod, error, count }) => [pod, error === null, count])).toEqual([
    ['pod-a', true, keysOf('pod-a').length],
    ['pod-b', false, null],
    ['pod-c', true, keysOf('pod-c').length],
  ]);
});

test('pods that are down are listed as such', async () => {
  pods.c.break({ kind: 'down' });

  const listed = await during((call) => gateway.pods(call));

  expect(listed.map(({ name, healthy }) => [name, healthy])).toEqual([
    ['pod-a', true],
    ['pod-b', true],
    ['pod-c', false],
  ]);
});

test('nobody knows a collection: certain only when everybody answered', async () => {
  const unknown = { ...spec, collection: 'unknown' };
  expect(await during((call) => gateway.describe(unknown, call))).toBeNull();

  pods.a.break({ kind: 'down' });
  expect(await codeFrom(during((call) => gateway.describe(unknown, call)))).toBe('POD_UNAVAILABLE');
});

test('those who want to know a collection at the same time share one question', async () => {
  const before = pods.a.asked.length;

  await Promise.all([search(), search(), search()]);

  const asked = pods.a.asked.slice(before);
  expect(asked.filter((method) => method === 'describe')).toHaveLength(1);
});

test('buckets are made and deleted on all pods or none', async () => {
  const bucket = `${spec.bucket}_2`;
  pods.c.break({ kind: 'down' });
  expect(await codeFrom(during((call) => gateway.createBucket(bucket, call)))).toBe(
    'POD_UNAVAILABLE',
  );
  expect(await during((call) => pods.a.store.listBuckets(bucket, call))).toEqual([]);
  const [listed] = await during((call) => gateway.listBuckets(spec.bucket, call));
  expect(listed).toMatchObject({ name: spec.bucket, collectionCount: null });
  pods.repair();

  await during((call) => pods.b.store.createBucket(bucket, call));
  expect(await during((call) => gateway.createBucket(bucket, call))).toMatchObject({
    name: bucket,
  });
  expect(await codeFrom(during((call) => gateway.createBucket(bucket, call)))).toBe(
    'BAD_USER_INPUT',
  );
  expect(await codeFrom(during((call) => gateway.deleteBucket(spec.bucket, call)))).toBe(
    'BUCKET_NOT_EMPTY',
  );
  expect(await during((call) => gateway.deleteBucket(bucket, call))).toBe(true);
  expect(await during((call) => gateway.deleteBucket(bucket, call))).toBe(false);
});
