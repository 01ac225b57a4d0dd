import {
  base64,
  row,
  searchDocument,
  speakTo,
  upsertDocument,
  type RecordInput,
  type Subject,
  type Variables,
} from './subject.ts';
import { scanDocument } from './scans.ts';
import { deleteDocument, updateDocument } from './writes.ts';

type Mistake = readonly [what: string, variables: Variables, code: string, argument: unknown];

const near = { vector: [1, 0, 0, 0] };
const keys = (n: number): string[] => Array.from({ length: n }, (_, i) => `k${i}`);
const tooLong = `${'é'.repeat(512)}x`;

const inSearches: readonly Mistake[] = [
  ['k 0', { near, k: 0 }, 'BAD_USER_INPUT', 'k'],
  ['k -1', { near, k: -1 }, 'BAD_USER_INPUT', 'k'],
  ['k 10001', { near, k: 10_001 }, 'LIMIT_EXCEEDED', 'k'],
  ['offset -1', { near, offset: -1 }, 'BAD_USER_INPUT', 'offset'],
  ['offset 10001', { near, offset: 10_001 }, 'LIMIT_EXCEEDED', 'offset'],
  ['offset and k too large together', { near, offset: 1, k: 10_000 }, 'LIMIT_EXCEEDED', 'k'],
  ['efSearch 0', { near, options: { efSearch: 0 } }, 'BAD_USER_INPUT', 'options.efSearch'],
  ['efSearch 1001', { near, options: { efSearch: 1_001 } }, 'BAD_USER_INPUT', 'options.efSearch'],
  ['probes 0', { near, options: { probes: 0 } }, 'BAD_USER_INPUT', 'options.probes'],
  [
    'coverage -0.1',
    { near, options: { minCoverage: -0.1 } },
    'BAD_USER_INPUT',
    'options.minCoverage',
  ],
  [
    'coverage 1.1',
    { near, options: { minCoverage: 1.1 } },
    'BAD_USER_INPUT',
    'options.minCoverage',
  ],
  ['timeoutMs 0', { near, options: { timeoutMs: 0 } }, 'BAD_USER_INPUT', 'options.timeoutMs'],
  ['a text in a vector', { near: { vector: [1, '2', 3, 4] } }, 'BAD_USER_INPUT', 'near.vector[1]'],
  ['null in a vector', { near: { vector: [1, 2, null, 4] } }, 'BAD_USER_INPUT', 'near.vector[2]'],
  ['a list in a vector', { near: { vector: [[1, 2, 3, 4]] } }, 'BAD_USER_INPUT', 'near.vector[0]'],
  [
    'a number beyond float32',
    { near: { vector: [1, 2, 3, 1e39] } },
    'BAD_USER_INPUT',
    'near.vector[3]',
  ],
  ['NaN', { near: { vector: base64([1, NaN, 3, 4]) } }, 'BAD_USER_INPUT', 'near.vector[1]'],
  [
    'Infinity',
    { near: { vector: base64([1, 2, 3, -Infinity]) } },
    'BAD_USER_INPUT',
    'near.vector[3]',
  ],
  ['an empty vector', { near: { vector: [] } }, 'BAD_USER_INPUT', 'near.vector'],
  ['a vector that is a number', { near: { vector: 5 } }, 'BAD_USER_INPUT', 'near.vector'],
  ['text that is no base64', { near: { vector: 'not base64!' } }, 'BAD_USER_INPUT', 'near.vector'],
  ['base64 of half a number', { near: { vector: 'AAAAAAA=' } }, 'BAD_USER_INPUT', 'near.vector'],
  ['a short vector', { near: { vector: [1, 2, 3] } }, 'DIMENSION_MISMATCH', 'near.vector'],
  [
    'a long vector',
    { near: { vector: base64([1, 2, 3, 4, 5]) } },
    'DIMENSION_MISMATCH',
    'near.vector',
  ],
  ['a text of another dimension', { near: { text: 'hello' } }, 'DIMENSION_MISMATCH', 'near.text'],
  [
    'no direction',
    { near: { vector: [0, -0, 0, 0] }, options: { metric: 'COSINE' } },
    'BAD_USER_INPUT',
    'near.vector',
  ],
  ['a key that is empty', { near: { key: '' } }, 'BAD_USER_INPUT', 'near.key'],
  ['a key with NUL', { near: { key: 'a\u0000' } }, 'BAD_USER_INPUT', 'near.key'],
];

const inScans: readonly Mistake[] = [
  ['first 0', { first: 0 }, 'BAD_USER_INPUT', 'first'],
  ['first 1001', { first: 1_001 }, 'LIMIT_EXCEEDED', 'first'],
  ['no segments', { segment: { index: 0, of: 0 } }, 'BAD_USER_INPUT', 'segment.of'],
  ['65 segments', { segment: { index: 0, of: 65 } }, 'LIMIT_EXCEEDED', 'segment.of'],
  ['segment -1', { segment: { index: -1, of: 3 } }, 'BAD_USER_INPUT', 'segment.index'],
  ['segment 3 of 3', { segment: { index: 3, of: 3 } }, 'BAD_USER_INPUT', 'segment.index'],
];

const ofKeys: readonly Mistake[] = [
  ['1001 keys', { keys: keys(1_001) }, 'LIMIT_EXCEEDED', 'keys'],
  ['a key of 1025 bytes', { keys: [...keys(4), tooLong] }, 'LIMIT_EXCEEDED', 'keys[4]'],
  ['an empty key', { keys: ['a', ''] }, 'BAD_USER_INPUT', 'keys[1]'],
  ['a key with NUL', { keys: ['\u0000'] }, 'BAD_USER_INPUT', 'keys[0]'],
  ['a key with half a character', { keys: ['a', 'b\uDC00'] }, 'BAD_USER_INPUT', 'keys[1]'],
];

const inUpdates: readonly Mistake[] = [
  ['a list to set', { keys: ['1'], set: [1] }, 'BAD_USER_INPUT', 'set'],
  ['a text to set', { keys: ['1'], set: 'x' }, 'BAD_USER_INPUT', 'set'],
  [
    'NUL in a key to unset',
    { keys: ['1'], set: { a: 1 }, unset: ['b', '\u0000'] },
    'BAD_USER_INPUT',
    'unset[1]',
  ],
  ['too much to set', { keys: ['1'], set: { x: 'x'.repeat(41_000) } }, 'LIMIT_EXCEEDED', 'set'],
];

/** What makes the fourth of five good records a bad one. */
const inRecords: readonly (readonly [
  what: string,
  change: object,
  code: string,
  argument: unknown,
])[] = [
  ['a text in the vector', { vector: [1, 2, 'x', 4] }, 'BAD_USER_INPUT', 'records[3].vector[2]'],
  ['NaN', { vector: base64([1, 2, 3, NaN]) }, 'BAD_USER_INPUT', 'records[3].vector[3]'],
  [
    'a number beyond float32',
    { vector: [1e300, 0, 0, 0] },
    'BAD_USER_INPUT',
    'records[3].vector[0]',
  ],
  ['a short vector', { vector: [1] }, 'DIMENSION_MISMATCH', 'records[3].vector'],
  ['a vector without a direction', { vector: [0, 0, 0, 0] }, 'BAD_USER_INPUT', 'records[3].vector'],
  ['a key given before', { key: '1' }, 'BAD_USER_INPUT', 'records[3].key'],
  ['an empty key', { key: '' }, 'BAD_USER_INPUT', 'records[3].key'],
  ['a key with NUL', { key: 'a\u0000' }, 'BAD_USER_INPUT', 'records[3].key'],
  ['a key with half a character', { key: '\uD800' }, 'BAD_USER_INPUT', 'records[3].key'],
  ['a key of 1025 bytes', { key: tooLong }, 'LIMIT_EXCEEDED', 'records[3].key'],
  ['metadata that is a list', { metadata: [] }, 'BAD_USER_INPUT', 'records[3].metadata'],
  ['metadata that is a text', { metadata: '{}' }, 'BAD_USER_INPUT', 'records[3].metadata'],
  [
    'metadata over 40 KiB',
    { metadata: { a: 'é'.repeat(20_480) } },
    'LIMIT_EXCEEDED',
    'records[3].metadata',
  ],
  [
    'NUL in the metadata',
    { metadata: { a: ['\u0000'] } },
    'BAD_USER_INPUT',
    expect.stringMatching(/^records\[3\]\.metadata\b/),
  ],
  [
    'half a character in a metadata key',
    { metadata: { '\uD800': 1 } },
    'BAD_USER_INPUT',
    expect.stringMatching(/^records\[3\]\.metadata\b/),
  ],
];

/** Mistakes in what a request asks for: each has a code and a place, and nothing happens. */
export function badInput(subject: () => Subject): void {
  const { refusalOf, newCollection, count } = speakTo(subject);

  describe('refused', () => {
    let collection: string;
    beforeAll(async () => {
      collection = await newCollection(row(5));
    });

    const refuse =
      (document: string) =>
      async (_: string, variables: Variables, code: string, argument: unknown): Promise<void> => {
        expect(await refusalOf(document, { collection, ...variables })).toEqual({ code, argument });
        expect(await count(collection)).toBe(5);
      };

    test.each(inSearches)('in a search: %s', refuse(searchDocument));
    test.each(inScans)('in a scan: %s', refuse(scanDocument));
    test.each(ofKeys)('in a read: %s', refuse(recordsDocument));
    test.each([...ofKeys, ...inUpdates])('in an update: %s', refuse(updateDocument));
    test.each(ofKeys)('in a deletion: %s', refuse(deleteDocument));
    test.each<Mistake>([
      ['an empty key', { key: '' }, 'BAD_USER_INPUT', 'key'],
      ['a key with NUL', { key: '\u0000' }, 'BAD_USER_INPUT', 'key'],
      ['a key of 1025 bytes', { key: tooLong }, 'LIMIT_EXCEEDED', 'key'],
    ])('in a read of one record: %s', refuse(recordDocument));
    test.each<Mistake>([
      ['1001 records', { records: row(1_001) }, 'LIMIT_EXCEEDED', 'records'],
      [
        'an empty collection name',
        { collection: '', records: row(1) },
        'BAD_USER_INPUT',
        'collection',
      ],
      ['NUL in the bucket', { bucket: 'a\u0000', records: row(1) }, 'BAD_USER_INPUT', 'bucket'],
    ])('in an upsert: %s', refuse(upsertDocument));
  });

  describe('one bad record refuses all', () => {
    let collection: string;
    beforeAll(async () => {
      collection = await newCollection([], { metric: 'COSINE' });
    });

    test.each(inRecords)('%s', async (_, change, code, argument) => {
      const records: RecordInput[] = row(5).map((record, i) =>
        i === 3 ? { ...record, ...change } : record,
      );
      expect(await refusalOf(upsertDocument, { collection, records })).toEqual({ code, argument });
      expect(await count(collection)).toBe(0);
    });

    test('the place is the place in a long vector too', async () => {
      const wide = await newCollection([], { dimension: 32 });
      const vector = Array.from({ length: 32 }, (_, i) => (i === 17 ? null : i));
      const records = [0, 1, 2, 3].map((i) => ({
        key: `r${i}`,
        vector: i === 3 ? vector : vector.map(() => i),
      }));
      expect(await refusalOf(upsertDocument, { collection: wide, records })).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'records[3].vector[17]',
      });
      expect(await count(wide)).toBe(0);
    });

    test('a key twice is named where it comes the second time', async () => {
      const records = ['a', 'b', 'a'].map((key) => ({ key, vector: [1, 0, 0, 0] }));
      expect(await refusalOf(upsertDocument, { collection, records })).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'records[2].key',
      });
    });
  });
}

const recordsDocument = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $keys: [ID!]!) {
    vectorRecords(collection: $collection, bucket: $bucket, keys: $keys) {
      key
    }
  }
`;

const recordDocument = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $key: ID!) {
    vectorRecord(collection: $collection, bucket: $bucket, key: $key) {
      key
    }
  }
`;
