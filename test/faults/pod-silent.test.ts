import { setTimeout as sleep } from 'node:timers/promises';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import {
  codeFrom,
  during,
  indexIn,
  line,
  searchIn,
  silent,
  specIn,
} from '../support/store-calls.ts';

let pods: FaultyPods;
let gateway: VectorStore;

const records = line(60);

beforeAll(async () => {
  pods = await openFaultyPods();
  gateway = pods.gateway();
});
afterEach(() => pods.repair());
afterAll(() => pods.close());

test('a pod that keeps silent costs nothing of what is on other pods alone', async () => {
  const own = (name: string) => specIn(pods.bucket, name, { pods: ['pod-a'] });
  for (const name of ['indexed', 'emptied', 'deleted']) {
    await during((call) => gateway.createCollection(own(name), null, call));
  }
  await during((call) => gateway.upsert({ ...own('emptied'), version: null, records }, call));
  pods.c.break({ kind: 'frozen' });
  const soon = <T>(work: (call: Call) => Promise<T>): Promise<T> => during(work, 4_000);
  const target = { filter: { kind: 'exists', path: ['n'], value: true } } as const;

  const [created, , emptied, deleted] = await Promise.all([
    soon((call) => gateway.createCollection(own('made'), null, call)),
    soon((call) => gateway.createIndex(indexIn(pods.bucket, 'indexed'), call)),
    soon((call) => gateway.delete({ ...own('emptied'), version: null, target }, call)),
    soon((call) => gateway.deleteCollection(own('deleted'), null, call)),
  ]);
  expect([created.created, emptied, deleted]).toEqual([true, records.length, true]);
});

test('a gateway that knows nothing yet does not wait for a silent pod that has no part', async () => {
  const spec = specIn(pods.bucket, 'elsewhere', { pods: ['pod-a', 'pod-b'] });
  await during((call) => gateway.createCollection(spec, null, call));
  await during((call) => gateway.upsert({ ...spec, version: null, records }, call));
  pods.c.break({ kind: 'frozen' });

  // Half of its time would be more than a test has.
  const patient = <T>(work: (call: Call) => Promise<T>): Promise<T> => during(work, 600_000);
  const query = searchIn(pods.bucket, 'elsewhere', { limit: 60 });
  const { matches, shards } = await patient((call) => pods.gateway().search(query, call));
  expect(matches).toHaveLength(60);
  expect(shards.map((shard) => 'error' in shard)).toEqual([false, false]);
  const write = { ...spec, version: null, records };
  expect(await patient((call) => pods.gateway().upsert(write, call))).toBe(60);
});

test('what pods contradict each other in is refused, also when one of them is slow', async () => {
  const spec = specIn(pods.bucket, 'twice');
  for (const [name, { store }] of [
    ['pod-a', pods.a],
    ['pod-c', pods.c],
  ] as const) {
    const alone = createShardedStore({ pods: [{ name, store }], logger: silent });
    await during((call) => alone.createCollection(spec, null, call));
  }
  const slow = pods.gatewayWith('pod-c', {
    ...pods.c.store,
    async describe(...args) {
      await sleep(150);
      return pods.c.store.describe(...args);
    },
  });

  const write = { ...spec, version: null, records };
  const codes: unknown[] = [];
  await during(async (call) => {
    // The first may go before the third pod has had its word.
    do codes.push(await codeFrom(slow.upsert(write, call)));
    while (codes.at(-1) === 'none');
    for (let i = 0; i < 3; i++) codes.push(await codeFrom(slow.upsert(write, call)));
  });
  expect(codes.slice(-4)).toEqual(Array.from({ length: 4 }, () => 'BAD_USER_INPUT'));
});

test('a deletion by filter deletes nothing while no pod says what there is', async () => {
  const spec = specIn(pods.bucket, 'kept');
  await during((call) => gateway.createCollection(spec, null, call));
  await during((call) => gateway.upsert({ ...spec, version: null, records }, call));
  for (const pod of [pods.a, pods.b, pods.c]) pod.break({ kind: 'frozen' });
  const target = { filter: { kind: 'exists', path: ['n'], value: true } } as const;

  const deleting = during((call) => gateway.delete({ ...spec, version: null, target }, call), 600);
  expect(await codeFrom(deleting)).toBe('DEADLINE_EXCEEDED');
  pods.repair();
  expect(await during((call) => gateway.count({ ...spec, filter: null }, call))).toBe(60);
});

test('a deletion that a silent pod has not heard counts when it speaks again', async () => {
  const shared = specIn(pods.bucket, 'shared');
  await during((call) => gateway.createCollection(shared, null, call));
  pods.c.break({ kind: 'frozen' });

  expect(await during((call) => gateway.deleteCollection(shared, null, call), 4_000)).toBe(true);
  pods.repair();

  const found = await during((call) => pods.gateway().describe(shared, call));
  expect(found?.placement.state).toBe('dropped');
});
