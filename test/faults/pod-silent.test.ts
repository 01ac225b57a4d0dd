import type { Call } from '../../subgraphs/call.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { during, indexIn, line, specIn } from '../support/store-calls.ts';

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

test('a deletion that a silent pod has not heard counts when it speaks again', async () => {
  const shared = specIn(pods.bucket, 'shared');
  await during((call) => gateway.createCollection(shared, null, call));
  pods.c.break({ kind: 'frozen' });

  expect(await during((call) => gateway.deleteCollection(shared, null, call), 4_000)).toBe(true);
  pods.repair();

  const found = await during((call) => pods.gateway().describe(shared, call));
  expect(found?.placement.state).toBe('dropped');
});
