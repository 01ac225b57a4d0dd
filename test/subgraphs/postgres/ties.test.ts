import { during, indexIn } from '../../support/store-calls.ts';
import { fill, openPod, queryOf, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;
const keys = Array.from({ length: 60 }, (_, n) => `k${String(n).padStart(2, '0')}`);

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

test('of equal distances at the end of a page the first keys are given, however they lie', async () => {
  const spec = specOf(pod, 'ties');
  await fill(pod, spec, []);
  const rows = keys.toReversed().map((key) => `('${key}', '[1,0,0,0]')`);
  const text = `insert into "${pod.bucket}".ties (id, vec) values ${rows.join()}`;
  await during((call) => pod.database.query({ text, values: [] }, call));
  await during((call) => pod.store.createIndex(indexIn(pod.bucket, 'ties'), call));

  for (const mode of ['EXACT', 'INDEX'] as const) {
    const query = { ...queryOf(spec, [0, 0, 0, 0]), limit: 5, mode, efSearch: 200 };
    const { matches, shards } = await during((call) => pod.store.search(query, call));
    expect(shards).toMatchObject([{ plan: mode === 'INDEX' ? 'HNSW' : 'EXACT' }]);
    expect(matches.map(({ key }) => key)).toEqual(keys.slice(0, 5));
  }
});
