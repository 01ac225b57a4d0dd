import { Malformed } from '../../gateway/remote/reader.ts';
import { scanPage } from '../../gateway/remote/readers.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { pageToWire, scanFromWire, scanToWire } from '../../subgraphs/scan-wire.ts';
import type { ScannedRecord, ScanQuery } from '../../subgraphs/store.ts';
import { scanIn } from '../support/store-calls.ts';

const overHttp = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test.each<[string, number, readonly ScannedRecord[]]>([
  ['nothing', 0, []],
  ['keys alone', 0, [{ key: 'k', position: { key: 'k', values: [] } }]],
  [
    'values, metadata and vectors, of which one is not there',
    3,
    [
      {
        key: 'k',
        metadata: { n: 5 },
        vector: Float32Array.of(1, 2),
        position: { key: 'k', values: [5, 'five', null] },
      },
      { key: 'l', metadata: {}, position: { key: 'l', values: [null, '', true] } },
    ],
  ],
])('a page of %s is the same after it went over the wire', (_, valueCount, records) => {
  for (const hasMore of [true, false]) {
    const page = { records, hasMore };
    expect(scanPage(valueCount)(overHttp(pageToWire(page)))).toEqual(page);
  }
});

test('a scan is the same after it went over the wire', () => {
  const query: ScanQuery = scanIn('vecs', 'x', {
    filter: { kind: 'like', path: ['a', 'b'], value: '%' },
    limit: 9,
    orderBy: [
      { type: 'number', path: ['n'], direction: 'DESC' },
      { type: 'key', direction: 'DESC' },
    ],
    after: { key: 'k', values: [null] },
    segment: { index: 1, of: 2 },
    select: { metadata: ['n'], vector: true },
  });
  expect(scanFromWire(overHttp(scanToWire(query)), defaultLimits)).toEqual(query);
});

test.each<[string, object]>([
  ['no values', { values: null }],
  ['too few values', { values: [[5], []] }],
  ['values that are none', { values: [[5], [{}]] }],
  ['columns of two lengths', { keys: ['k'] }],
])('a page with %s is not read', (_, wrong) => {
  const page = {
    hasMore: true,
    keys: ['k', 'l'],
    values: [[5], [null]],
    metadata: null,
    vectors: null,
  };
  expect(scanPage(1)(page).records).toHaveLength(2);
  expect(() => scanPage(1)({ ...page, ...wrong })).toThrow(Malformed);
});
