import { openPod, queryOf, specOf, type OpenPod } from './open-pod.ts';
import { during } from '../../support/store-calls.ts';

// What a pod remembers of a table, and has prepared for it, is outlived by the table's changes.

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

const run = (text: string): Promise<unknown> =>
  during((call) => pod.database.query({ text, values: [] }, call));

const fetchOne = (collection: string) =>
  during((call) => {
    const select = { metadata: 'all', vector: true } as const;
    return pod.store.fetch({ bucket: pod.bucket, collection, keys: ['a'], select }, call);
  });

test.each([
  ['longer', 'varchar(10)', 'varchar(20)'],
  ['text', 'varchar', 'text'],
  ['by bytes', 'varchar', 'varchar collate "C"'],
])('keys whose type becomes another are read as before: %s', async (name, before, after) => {
  const table = `"${pod.bucket}"."${name}"`;
  await run(`create table ${table} (
    id ${before} primary key, vec vector(2) not null, metadata jsonb not null default '{}')`);
  await run(`insert into ${table} values ('a', '[1,0]')`);
  const read = [{ key: 'a', metadata: {}, vector: Float32Array.of(1, 0) }];
  // As often as it takes PostgreSQL to keep a plan.
  for (let time = 0; time < 7; time++) expect(await fetchOne(name)).toEqual(read);

  await run(`alter table ${table} alter id type ${after}`);

  expect(await fetchOne(name)).toEqual(read);
});

test('a search of a collection that another process has made anew goes by the new one', async () => {
  const spec = (elementType: 'FLOAT16' | 'FLOAT32') =>
    specOf(pod, 'anew', { dimension: 2, metric: 'L2', elementType });
  const near = [1.0001, 0];
  const search = () =>
    during((call) => pod.store.search(queryOf(spec('FLOAT16'), near, { limit: 1 }), call));
  await during((call) => pod.store.createCollection(spec('FLOAT16'), null, call));
  await search();

  const table = `"${pod.bucket}".anew`;
  await run(`drop table ${table}`);
  await run(`create table ${table} (
    id varchar collate "C" primary key, vec vector(2) not null,
    metadata jsonb not null default '{}')`);
  await run(`insert into ${table} values ('a', '[1.0002,0]')`);
  await run(`update quiver.placement set version = version + 1, element_type = 'FLOAT32'
    where bucket = '${pod.bucket}' and collection = 'anew'`);

  const { matches, placementVersion } = await search();
  expect(placementVersion).toBe(2);
  expect(matches[0]!.distance).toBeCloseTo(0.0001, 6);
});
