import type { ScanPosition } from '../../../subgraphs/scan-order.ts';
import type { ScanPage, ScanQuery } from '../../../subgraphs/store.ts';
import { compareBytes } from '../../../schema/key.ts';
import { codeFrom, during, scanIn } from '../../support/store-calls.ts';
import { fill, openPod, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;
const keys = Array.from({ length: 50 }, (_, i) => `${i % 3 ? 'ä' : 'Z'}\u{1f600}${i}`);

beforeAll(async () => {
  pod = await openPod();
  await fill(
    pod,
    specOf(pod, 'r', { dimension: 1 }),
    keys.map((key, i) => ({ key, vector: [i], metadata: { i } })),
  );
});
afterAll(() => pod.close());

const scan = (more: Partial<ScanQuery>) =>
  during((call) => pod.store.scan(scanIn(pod.bucket, 'r', { limit: 7, ...more }), call));

async function scanAll(more: Partial<ScanQuery>): Promise<string[]> {
  const found: string[] = [];
  for (let after: ScanPosition | null = null; ;) {
    const page: ScanPage = await scan({ ...more, after });
    found.push(...page.records.map(({ key }) => key));
    if (!page.hasMore) return found;
    after = page.records.at(-1)!.position;
  }
}

test('a scan gives every record once, in byte order of the keys', async () => {
  expect(await scanAll({})).toEqual([...keys].sort(compareBytes));
});

test('segments are disjoint and together everything', async () => {
  const segments = await Promise.all(
    [0, 1, 2].map((index) => scanAll({ segment: { index, of: 3 } })),
  );
  expect(segments.flat().sort(compareBytes)).toEqual([...keys].sort(compareBytes));
  expect(Math.min(...segments.map(({ length }) => length))).toBeGreaterThan(0);
});

test('a filter and a selection hold in a scan', async () => {
  const page = await scan({
    filter: { kind: 'lt', path: ['i'], value: 1 },
    select: { metadata: ['i', 'no'], vector: true },
  });
  expect(page).toEqual({
    records: [
      {
        key: keys[0],
        metadata: { i: 0 },
        vector: Float32Array.from([0]),
        position: { key: keys[0], values: [] },
      },
    ],
    hasMore: false,
  });
});

test('records are fetched in the order asked, with null where there is none', async () => {
  const records = await during((call) =>
    pod.store.fetch(
      {
        bucket: pod.bucket,
        collection: 'r',
        keys: [keys[3]!, 'none', keys[1]!, keys[3]!],
        select: { metadata: 'none', vector: false },
      },
      call,
    ),
  );
  expect(records.map((record) => (record && 'key' in record ? record.key : record))).toEqual([
    keys[3],
    null,
    keys[1],
    keys[3],
  ]);
});

test('records are counted, all or those of a filter', async () => {
  const count = (filter: ScanQuery['filter']) =>
    during((call) => pod.store.count({ bucket: pod.bucket, collection: 'r', filter }, call));
  expect(await count(null)).toBe(50);
  expect(await count({ kind: 'in', path: ['i'], values: [1, 2, 99] })).toBe(2);
});

test('a collection that is not there is not found, by any read', async () => {
  const ref = { bucket: pod.bucket, collection: 'none' };
  const select = { metadata: 'none', vector: false } as const;
  const reads = [
    during((call) => pod.store.count({ ...ref, filter: null }, call)),
    during((call) => pod.store.fetch({ ...ref, keys: ['a'], select }, call)),
    scan(ref),
  ];
  for (const read of reads) expect(await codeFrom(read)).toBe('COLLECTION_NOT_FOUND');
  expect(await during((call) => pod.store.describe(ref, call))).toBeNull();
});
