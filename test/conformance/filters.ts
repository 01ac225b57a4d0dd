import { byBytes, keysOf, row, searchDocument, speakTo, type Subject } from './subject.ts';
import {
  awkward,
  byKey,
  byOperator,
  conditions,
  deep,
  list,
  refused,
  values,
} from './filter-cases.ts';
import { scanDocument } from './scans.ts';
import { deleteDocument } from './writes.ts';

export function filters(subject: () => Subject): void {
  const { ask, refusalOf, newCollection, search, count } = speakTo(subject);

  /** What a filter lets through; searches, scans and counts agree about it. */
  async function passing(collection: string, filter: unknown): Promise<readonly string[]> {
    const near = { vector: [0, 0, 0, 0] };
    const [found, scanned, counted] = [
      keysOf(await search(collection, { near, k: 100, filter })),
      await ask<{ scanVectors: { nodes: { key: string }[] } }>(scanDocument, {
        collection,
        filter,
      }),
      await count(collection, filter),
    ];
    expect(scanned.scanVectors.nodes.map((node) => node.key)).toEqual(byBytes(found));
    expect(counted).toBe(found.length);
    return byBytes(found);
  }

  describe('filters by operator', () => {
    let collection: string;
    beforeAll(async () => {
      collection = await newCollection(withMetadata(values));
    });

    test.each(byOperator)('%j', async (filter, keys) => {
      expect(await passing(collection, filter)).toEqual(byBytes(keys));
    });

    test('an object in the query itself, with and without variables', async () => {
      const counts = await ask(
        `query ($collection: String!, $bucket: String, $five: JSON) {
          literal: countVectors(collection: $collection, bucket: $bucket, filter: { v: { deep: 5, more: 1 } })
          text: countVectors(collection: $collection, bucket: $bucket, filter: "{\\"v\\": {\\"$gt\\": 5}}")
          variable: countVectors(collection: $collection, bucket: $bucket, filter: { v: $five })
          list: countVectors(collection: $collection, bucket: $bucket, filter: { v: [1, "x", null] })
        }`,
        { collection, five: 5 },
      );
      expect(counts).toEqual({ literal: 1, text: 1, variable: 1, list: 1 });
    });

    test('up to the limits they are served', async () => {
      expect(await count(collection, { v: { $in: list(1_000) } })).toBe(1);
      expect(await count(collection, conditions(100))).toBe(0);
      expect(await count(collection, { v: { $like: `a${'%'.repeat(999)}` } })).toBe(1);
      expect(await count(collection, { v: { $ilike: '%A'.repeat(500) } })).toBe(0);
      expect(await count(collection, deep(6))).toBe(0);
    });
  });

  describe('filters by key', () => {
    let collection: string;
    beforeAll(async () => {
      collection = await newCollection(withMetadata(awkward));
    });

    test.each(byKey)('%j', async (filter, keys) => {
      expect(await passing(collection, filter)).toEqual(byBytes(keys));
    });
  });

  describe('filters that are refused', () => {
    let collection: string;
    beforeAll(async () => {
      collection = await newCollection(row(2));
    });

    test.each(refused.map((entry) => [shortened(entry[0]), ...entry] as const))(
      '%s',
      async (_, filter, code, argument) => {
        const near = { vector: [0, 0, 0, 0] };
        expect(await refusalOf(searchDocument, { collection, near, filter })).toEqual({
          code,
          argument,
        });
      },
    );

    test('are refused by scans, counts and deletions alike', async () => {
      const filter = { $or: [] };
      const refusal = { code: 'INVALID_FILTER', argument: 'filter.$or' };
      expect(await refusalOf(scanDocument, { collection, filter })).toEqual(refusal);
      expect(await refusalOf(deleteDocument, { collection, filter })).toEqual(refusal);
      const counting = `query ($collection: String!, $bucket: String, $filter: VectorFilter) {
        countVectors(collection: $collection, bucket: $bucket, filter: $filter)
      }`;
      expect(await refusalOf(counting, { collection, filter })).toEqual(refusal);
      expect(await count(collection)).toBe(2);
    });
  });
}

const withMetadata = (all: Readonly<Record<string, unknown>>) =>
  Object.entries(all).map(([key, metadata], i) => ({ key, vector: [i, 0, 0, 0], metadata }));

function shortened(filter: unknown): string {
  const text = JSON.stringify(filter);
  return text.length > 60 ? `${text.slice(0, 60)}... (${text.length} characters)` : text;
}
