import { slotOf } from '../../schema/key.ts';
import { ownersOf, type Placement } from '../../schema/placement.ts';
import type { ScanPosition } from '../../subgraphs/scan-order.ts';
import type { ScanPage, VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { runSql } from '../support/foreign-tables.ts';
import { during, line, scanIn, searchIn, specIn } from '../support/store-calls.ts';
import { podNames } from '../support/subjects.ts';

let pods: FaultyPods;
let gateway: VectorStore;
let ownerOf: (key: string) => string;

const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
/** Texts, so that the order is that of the numbers in the names. */
const placeOf = (key: string): string => String.fromCharCode(97 + Number(key.slice(1)));

beforeAll(async () => {
  pods = await openFaultyPods();
  gateway = pods.gateway();
  const spec = specIn(pods.bucket, 'copied');
  const { collection } = await during((call) => gateway.createCollection(spec, null, call));
  const owners = ownersOf(collection.placement satisfies Placement);
  ownerOf = (key) => owners[slotOf(key)]!;
  const records = keys.map((key) => ({
    key,
    vector: Float32Array.of(1, 0),
    metadata: { place: placeOf(key) },
  }));
  await during((call) => gateway.upsert({ ...spec, version: null, records }, call));
});
afterAll(() => pods.close());

/** Copies of all records, on pods that do not own them, first in the order. */
async function makeCopies(): Promise<void> {
  for (const [i, pod] of podNames.entries()) {
    const rows = keys
      .filter((key) => ownerOf(key) !== pod)
      .map((key) => `('${key}', '[1,0]', '{"place": " "}')`);
    await runSql([`insert into "${pods.bucket}".copied values ${rows.join()}`], i);
  }
}

const page = (after: ScanPosition | null): Promise<ScanPage> =>
  during((call) =>
    gateway.scan(
      scanIn(pods.bucket, 'copied', {
        orderBy: [{ type: 'text', path: ['place'], direction: 'ASC' }],
        after,
        limit: 2,
        select: { metadata: 'all', vector: false },
      }),
      call,
    ),
  );

/** As `makeCopies`, in one direction: much nearer to [0, 0] than any record of an owner. */
async function makeNearCopies(): Promise<void> {
  for (const [i, pod] of podNames.entries()) {
    const rows = Array.from({ length: 40 }, (_, n) => `far${n}`)
      .filter((key) => ownerOf(key) !== pod)
      .map((key) => `('${key}', '[0.01,0]', '{}')`);
    await runSql([`insert into "${pods.bucket}".searched values ${rows.join()}`], i);
  }
}

test('copies on pods that do not own them take no place in a page of a search', async () => {
  const spec = specIn(pods.bucket, 'searched');
  await during((call) => gateway.createCollection(spec, null, call));
  const far = Array.from({ length: 40 }, (_, n) => ({
    key: `far${n}`,
    vector: Float32Array.of(100 + n, 0),
    metadata: {},
  }));
  await during((call) =>
    gateway.upsert({ ...spec, version: null, records: [...line(30), ...far] }, call),
  );
  await makeNearCopies();

  const query = searchIn(pods.bucket, 'searched', { limit: 35 });
  const { matches } = await during((call) => gateway.search(query, call));
  const expected = [...line(30), ...far.slice(0, 5)];
  expect(matches.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
  expect(matches.map(({ distance }) => distance)).toEqual(expected.map(({ vector }) => vector[0]));
});

test('of a key on several pods only the record of its owner counts, wherever the copies stand', async () => {
  await makeCopies();
  const found: [string, unknown][] = [];
  for (let after: ScanPosition | null = null, more = true; more;) {
    const { records, hasMore }: ScanPage = await page(after);
    expect(records).toHaveLength(2);
    found.push(...records.map(({ key, metadata }): [string, unknown] => [key, metadata]));
    after = records.at(-1)!.position;
    more = hasMore;
  }

  expect(found).toEqual(keys.map((key) => [key, { place: placeOf(key) }]));
});
