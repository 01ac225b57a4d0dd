import { slotOf } from '../../schema/key.ts';
import { ownersOf, type Placement } from '../../schema/placement.ts';
import type { ScanPosition } from '../../subgraphs/scan-order.ts';
import type { ScanPage, VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { runSql } from '../support/foreign-tables.ts';
import { during, scanIn, specIn } from '../support/store-calls.ts';
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
