import { slotOf } from '../../schema/key.ts';
import { ownersOf } from '../../schema/placement.ts';
import type { CollectionSpec } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, searchIn, specIn } from '../support/store-calls.ts';

let pods: FaultyPods;
let spec: CollectionSpec;

beforeAll(async () => {
  pods = await openFaultyPods();
  spec = specIn(pods.bucket, 'counted');
  const gateway = pods.gateway();
  await during((call) => gateway.createCollection(spec, null, call));
  await during((call) => gateway.upsert({ ...spec, version: null, records: line(30) }, call));
});
afterEach(() => pods.repair());
afterAll(() => pods.close());

test('a pod that is down leaves a row that says so, and the others tell how far they are', async () => {
  const gateway = pods.gateway();
  await during((call) => gateway.describe(spec, call));
  pods.b.break({ kind: 'down' });

  const [rows] = await during((call) => gateway.changes([spec], call));

  const known = { change: { count: 1, table: expect.any(String) }, error: null };
  expect(rows).toEqual([
    { pod: 'pod-a', ...known },
    { pod: 'pod-b', change: null, error: expect.any(Error) },
    { pod: 'pod-c', ...known },
  ]);
  expect(await codeFrom(Promise.reject(rows![1]!.error))).toBe('POD_UNAVAILABLE');
  const query = searchIn(spec.bucket, spec.collection, { changes: true });
  const { shards } = await during((call) => gateway.search(query, call));
  expect(shards).toEqual(
    expect.arrayContaining([expect.objectContaining({ pod: 'pod-a', change: rows![0]!.change })]),
  );
});

test('all collections of a pod are one question to it', async () => {
  const gateway = pods.gateway();
  const other = { ...spec, collection: 'other' };
  await during((call) => gateway.createCollection(other, null, call));
  const before = pods.a.asked.length;

  const found = await during((call) => gateway.changes([spec, other, spec], call));

  expect(found.map((rows) => rows.map(({ change }) => change!.count))).toEqual([
    [1, 1, 1],
    [0, 0, 0],
    [1, 1, 1],
  ]);
  const asked = pods.a.asked.slice(before).filter((method) => method === 'changes');
  expect(asked).toHaveLength(1);
});

test('of keys, only the pods are asked that own them', async () => {
  const gateway = pods.gateway();
  const { placement } = (await during((call) => gateway.describe(spec, call)))!;
  const isOnA = ({ key }: { readonly key: string }): boolean =>
    ownersOf(placement)[slotOf(key)] === 'pod-a';
  pods.a.break({ kind: 'down' });

  const changes = async (keys: readonly string[]) => {
    const [rows = []] = await during((call) => gateway.changes([{ ...spec, keys }], call));
    return rows.map(({ pod, error }) => `${pod} ${error ? 'is down' : 'answers'}`);
  };
  const keysOf = (records: readonly { readonly key: string }[]) => records.map(({ key }) => key);
  expect(await changes(keysOf(line(30).filter(isOnA)))).toEqual(['pod-a is down']);
  const elsewhere = line(30).filter((record) => !isOnA(record));
  expect(await changes(keysOf(elsewhere))).toEqual(['pod-b answers', 'pod-c answers']);
});

test('watching fails while a pod is down, and can be repeated', async () => {
  const gateway = pods.gateway();
  pods.c.break({ kind: 'fails', method: 'watch', after: 0 });
  const watch = () => codeFrom(during((call) => gateway.watch(spec, true, call)));

  expect(await watch()).toBe('POD_UNAVAILABLE');
  pods.repair();
  expect(await watch()).toBe('none');
});
