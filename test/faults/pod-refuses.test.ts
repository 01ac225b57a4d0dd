import { errors } from '../../schema/errors.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, searchIn, specIn } from '../support/store-calls.ts';

const records = line(30);
const keys = records.map(({ key }) => key);

let pods: FaultyPods;

beforeAll(async () => {
  pods = await openFaultyPods();
  const gateway = pods.gateway();
  for (const [name, members] of [
    ['wide', null],
    ['lone', ['pod-c']],
  ] as const) {
    const spec = specIn(pods.bucket, name, { pods: members });
    await during((call) => gateway.createCollection(spec, null, call));
    await during((call) => gateway.upsert({ ...spec, version: null, records }, call));
  }
});
afterAll(() => pods.close());

/** A gateway to whose third pod's database somebody forgot to grant a right. */
function gatewayWithout(...methods: readonly (keyof VectorStore)[]): VectorStore {
  const refuse = async (): Promise<never> => {
    throw errors.forbidden('pod-c', 'permission denied for table wide');
  };
  const refusing = Object.fromEntries(methods.map((method) => [method, refuse]));
  return pods.gatewayWith('pod-c', { ...pods.c.store, ...refusing });
}

test('a pod that lacks a right costs a search its shard, and a read its keys', async () => {
  const gateway = gatewayWithout('search', 'fetch');

  const query = searchIn(pods.bucket, 'wide', { limit: 30 });
  const { matches, shards } = await during((call) => gateway.search(query, call));
  expect(matches.length).toBeGreaterThan(10);
  expect(shards.filter((shard) => 'error' in shard)).toMatchObject([
    { pod: 'pod-c', error: { extensions: { code: 'FORBIDDEN' } } },
  ]);

  const select = { metadata: 'none', vector: false } as const;
  const reading = { bucket: pods.bucket, collection: 'wide', keys, select };
  const read = await during((call) => gateway.fetch(reading, call));
  const found = new Set(matches.map(({ key }) => key));
  expect(read.map((record) => !(record instanceof Error))).toEqual(
    keys.map((key) => found.has(key)),
  );
});

test('where all that is asked of lacks the right the search is refused', async () => {
  const gateway = gatewayWithout('search');
  const query = searchIn(pods.bucket, 'lone');

  expect(await codeFrom(during((call) => gateway.search(query, call)))).toBe('FORBIDDEN');
});

test('what a write did on some pods is told, also when the collection is gone from the rest', async () => {
  const spec = specIn(pods.bucket, 'fleeting');
  await during((call) => pods.gateway().createCollection(spec, null, call));
  const here = { ...spec, filter: null };
  const gateway = pods.gatewayWith('pod-c', {
    ...pods.c.store,
    async upsert(write, call) {
      for (const { store } of [pods.a, pods.b]) {
        while ((await store.count(here, call)) === 0);
      }
      await pods.gateway().deleteCollection(spec, null, call);
      return pods.c.store.upsert(write, call);
    },
  });

  const writing = during((call) => gateway.upsert({ ...spec, version: null, records }, call));
  await expect(writing).rejects.toMatchObject({
    extensions: {
      code: 'PARTIAL_WRITE',
      pods: [
        { pod: 'pod-a', outcome: 'written' },
        { pod: 'pod-b', outcome: 'written' },
        { pod: 'pod-c', outcome: 'notWritten' },
      ],
    },
  });
});
