import { runSql } from '../support/foreign-tables.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { codeFrom, during, line, searchIn, specIn } from '../support/store-calls.ts';

const records = line(60);
let pods: FaultyPods;

beforeAll(async () => {
  pods = await openFaultyPods();
});
afterAll(() => pods.close());

/** As if the other pods had gone on, and pod-b's database came from a backup of the time before. */
async function openBehind(name: string) {
  const spec = specIn(pods.bucket, name);
  const before = pods.gateway();
  await during((call) => before.createCollection(spec, null, call));
  await during((call) => before.upsert({ ...spec, version: null, records }, call));
  const where = `bucket = '${pods.bucket}' and collection = '${name}'`;
  for (const pod of [0, 2]) {
    await runSql([`update quiver.placement set version = version + 1 where ${where}`], pod);
  }
  return { spec, before };
}

test.each([
  ['that is new', 'notWritten'],
  ['that remembers the time of the backup', 'unknown'],
])('no write to a pod that is behind is acknowledged by a gateway %s', async (who, outcome) => {
  const { spec, before } = await openBehind(`written_${outcome.toLowerCase()}`);
  const gateway = who === 'that is new' ? pods.gateway() : before;

  const writing = during((call) => gateway.upsert({ ...spec, version: null, records }, call));
  await expect(writing).rejects.toMatchObject({
    message: expect.stringContaining(`Pod "pod-b" has an older placement of "${spec.collection}"`),
    extensions: {
      code: 'PARTIAL_WRITE',
      pods: [
        { pod: 'pod-a', outcome: 'written' },
        { pod: 'pod-b', outcome },
        { pod: 'pod-c', outcome: 'written' },
      ],
    },
  });
  const again = during((call) => gateway.upsert({ ...spec, version: null, records }, call));
  expect(await codeFrom(again)).toBe('PARTIAL_WRITE');
});

test('what it holds is still searched', async () => {
  const { spec, before } = await openBehind('searched');

  for (const gateway of [before, pods.gateway()]) {
    const query = searchIn(spec.bucket, spec.collection, { limit: 60 });
    const { matches } = await during((call) => gateway.search(query, call));
    expect(matches).toHaveLength(60);
  }
});
