import { byBytes, keysOf, row, searchDocument, speakTo, type Subject } from './subject.ts';
import { scanDocument } from './scans.ts';
import { deleteDocument } from './writes.ts';

/** Metadata by key: one value of each kind, and what is easily taken for another. */
const values: Readonly<Record<string, unknown>> = {
  absent: {},
  five: { v: 5 },
  'five as text': { v: '5' },
  six: { v: 6.5 },
  'minus one': { v: -1 },
  a: { v: 'a' },
  Z: { v: 'Z' },
  é: { v: 'é' },
  yes: { v: true },
  no: { v: false },
  'yes as text': { v: 'true' },
  null: { v: null },
  list: { v: [1, 'x', null] },
  'list turned': { v: ['x', 1, null] },
  'list of five': { v: [5] },
  'list in list': { v: [[1, 'x'], 'y'] },
  'empty list': { v: [] },
  object: { v: { deep: 5 } },
  'larger object': { v: { deep: 5, more: 1 } },
  'empty object': { v: {} },
};

const texts = ['five as text', 'a', 'Z', 'é', 'yes as text'];
const others = (...but: readonly string[]): string[] =>
  Object.keys(values).filter((key) => key !== 'absent' && !but.includes(key));

type Case = readonly [filter: unknown, keys: readonly string[]];

const byOperator: readonly Case[] = [
  [{}, Object.keys(values)],
  [null, Object.keys(values)],
  [{ v: 5 }, ['five']],
  [{ v: { $eq: 5 } }, ['five']],
  [{ v: '5' }, ['five as text']],
  [{ v: true }, ['yes']],
  [{ v: null }, ['null']],
  [{ v: { $eq: null } }, ['null']],
  [{ v: [1, 'x', null] }, ['list']],
  [{ v: { $eq: [5] } }, ['list of five']],
  [{ v: [] }, ['empty list']],
  [{ v: { $eq: { deep: 5 } } }, ['object']],
  [{ v: { $eq: { more: 1, deep: 5 } } }, ['larger object']],
  [{ v: { $eq: {} } }, ['empty object']],
  [{ v: { $ne: 5 } }, others('five')],
  [{ v: { $ne: null } }, others('null')],
  [{ v: { $ne: [5] } }, others('list of five')],
  [{ v: { $lt: 5 } }, ['minus one']],
  [{ v: { $lte: 5 } }, ['five', 'minus one']],
  [{ v: { $gt: 5 } }, ['six']],
  [{ v: { $gte: 5 } }, ['five', 'six']],
  [{ v: { $gt: -1e300 } }, ['five', 'six', 'minus one']],
  [{ v: { $lt: 'a' } }, ['five as text', 'Z']],
  [{ v: { $lte: 'a' } }, ['five as text', 'Z', 'a']],
  [{ v: { $gt: 'a' } }, ['é', 'yes as text']],
  [{ v: { $gte: '' } }, texts],
  [{ v: { $gt: 4, $lt: 6 } }, ['five']],
  [{ v: { $gt: 4, $lt: 'z' } }, []],
  [{ v: { $in: [5, 'a', true, null] } }, ['five', 'a', 'yes', 'null']],
  [{ v: { $in: ['5', 7] } }, ['five as text']],
  [{ v: { $nin: [5, 'a', true, null] } }, others('five', 'a', 'yes', 'null')],
  [{ v: { $exists: true } }, others()],
  [{ v: { $exists: false } }, ['absent']],
  [{ v: { $any: { $eq: 5 } } }, ['five', 'list of five']],
  [{ v: { $any: { $eq: [1, 'x'] } } }, ['list in list']],
  [{ v: { $any: { $in: ['x', 'y', 6.5] } } }, ['six', 'list', 'list turned', 'list in list']],
  [{ v: { $any: { $lt: 5 } } }, ['minus one', 'list', 'list turned']],
  [{ v: { $any: { $gte: 'y' } } }, ['é', 'list in list']],
  [
    { v: { $exists: true, $not: { $any: { $gt: -2 } } } },
    others('five', 'six', 'minus one', 'list', 'list turned', 'list of five'),
  ],
  [{ missing: { $any: { $eq: 5 } } }, []],
  [{ v: { $contains: 1 } }, ['list', 'list turned']],
  [{ v: { $contains: null } }, ['list', 'list turned']],
  [{ v: { $contains: 5 } }, ['list of five']],
  [{ v: { $contains: '5' } }, []],
  [{ v: { $contains: ['x', 1] } }, ['list', 'list turned']],
  [{ v: { $contains: ['x', 2] } }, []],
  [{ v: { $contains: 'y' } }, ['list in list']],
  [{ v: { deep: 5 } }, ['object', 'larger object']],
  [{ v: { deep: { $gt: 4 }, more: 1 } }, ['larger object']],
  [{ v: { deep: { $exists: false } } }, ['absent', ...others('object', 'larger object')]],
  [{ v: { $not: { $ne: 5 } } }, ['absent', 'five']],
  [{ v: { $not: { $lt: 6 } } }, ['absent', ...others('five', 'minus one')]],
  [{ $not: { v: 5 } }, ['absent', ...others('five')]],
  [{ $not: { $not: { v: { $gt: 5 } } } }, ['six']],
  [{ $not: { $or: [{ v: { $exists: true } }, { other: 1 }] } }, ['absent']],
  [{ $and: [{ v: { $gt: 0 } }, { v: { $lt: 6 } }] }, ['five']],
  [{ $or: [{ v: 5 }, { v: 'a' }, { missing: 1 }] }, ['five', 'a']],
  [{ $or: [{ v: 5 }], v: { $exists: true } }, ['five']],
  [{ missing: { $ne: 5 } }, []],
  [{ missing: { $nin: [5] } }, []],
  [{ missing: null }, []],
  ['{"v": 5.0}', ['five']],
  ['{"v": {"$in": [50e-1, 6.50]}}', ['five', 'six']],
  ['{}', Object.keys(values)],
];

/** Metadata whose keys look like something else. */
const awkward: Readonly<Record<string, unknown>> = {
  nested: { author: { name: 'Ada', born: { year: 1815 } } },
  dotted: { 'author.name': 'Ada' },
  quoted: { [`it's "quoted" \\ ) or true --`]: 1 },
  unicode: { schlüssel: '日本 😀' },
  numbered: { 0: { 1: 'x' } },
  listed: { 0: ['x', 'x'] },
  proto: JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}}'),
  large: { n: 9_007_199_254_740_991 },
  small: { n: 0.1 },
};

const byKey: readonly Case[] = [
  [{ author: { name: 'Ada' } }, ['nested']],
  [{ author: { name: 'Ada', born: { year: { $lt: 1900 } } } }, ['nested']],
  [{ author: { born: { year: { $lt: 1800 } } } }, []],
  [{ 'author.name': 'Ada' }, ['dotted']],
  [{ [`it's "quoted" \\ ) or true --`]: { $gte: 1 } }, ['quoted']],
  [{ schlüssel: { $gte: '日本 😀' } }, ['unicode']],
  [{ 0: { 1: 'x' } }, ['numbered']],
  [{ 0: { 1: { $exists: true } } }, ['numbered']],
  ['{"__proto__": {"polluted": 1}}', ['proto']],
  [{ constructor: { prototype: 2 } }, ['proto']],
  [{ n: 9_007_199_254_740_991 }, ['large']],
  [{ n: { $gt: 9_007_199_254_740_990 } }, ['large']],
  [{ n: 0.1 }, ['small']],
];

const deep = (levels: number): object => (levels === 0 ? { a: 1 } : { $not: deep(levels - 1) });
const conditions = (n: number): object => ({
  $or: Array.from({ length: n }, (_, i) => ({ a: i })),
});
const list = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const refused: readonly (readonly [filter: unknown, code: string, argument: unknown])[] = [
  [{ $or: [] }, 'INVALID_FILTER', 'filter.$or'],
  [{ $and: [] }, 'INVALID_FILTER', 'filter.$and'],
  [{ $or: { a: 1 } }, 'INVALID_FILTER', 'filter.$or'],
  [{ $and: [{ a: 1 }, 5] }, 'INVALID_FILTER', 'filter.$and[1]'],
  [{ $not: [] }, 'INVALID_FILTER', 'filter.$not'],
  [{ $nor: [{ a: 1 }] }, 'INVALID_FILTER', 'filter.$nor'],
  [{ year: { $foo: 1 } }, 'INVALID_FILTER', 'filter.year.$foo'],
  [{ 'a.b': { $foo: 1 } }, 'INVALID_FILTER', 'filter["a.b"].$foo'],
  [{ year: { $in: 5 } }, 'INVALID_FILTER', 'filter.year.$in'],
  [{ year: { $in: [] } }, 'INVALID_FILTER', 'filter.year.$in'],
  [{ year: { $in: [1, [2]] } }, 'INVALID_FILTER', 'filter.year.$in[1]'],
  [{ year: { $nin: [{}] } }, 'INVALID_FILTER', 'filter.year.$nin[0]'],
  [{ year: { $gt: true } }, 'INVALID_FILTER', 'filter.year.$gt'],
  [{ $or: [{ a: 1 }, { year: { $gt: null } }] }, 'INVALID_FILTER', 'filter.$or[1].year.$gt'],
  [{ year: { $exists: 1 } }, 'INVALID_FILTER', 'filter.year.$exists'],
  [{ tags: { $contains: {} } }, 'INVALID_FILTER', 'filter.tags.$contains'],
  [{ a: {} }, 'INVALID_FILTER', 'filter.a'],
  [{ a: { b: {} } }, 'INVALID_FILTER', 'filter.a.b'],
  [{ a: { $gt: 1, b: 2 } }, 'INVALID_FILTER', expect.stringMatching(/^filter\.a\b/)],
  [{ a: 'nul \u0000' }, 'INVALID_FILTER', 'filter.a'],
  [{ a: '\uD800' }, 'INVALID_FILTER', 'filter.a'],
  ['year = 5', 'INVALID_FILTER', 'filter'],
  ['[1]', 'INVALID_FILTER', 'filter'],
  [5, 'INVALID_FILTER', 'filter'],
  [[{ a: 1 }], 'INVALID_FILTER', 'filter'],
  [deep(9), 'LIMIT_EXCEEDED', expect.stringMatching(/^filter(\.\$not)+/)],
  ['{"a":'.repeat(50_000), 'INVALID_FILTER', 'filter'],
  [
    `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    'LIMIT_EXCEEDED',
    expect.stringMatching(/^filter(\.a)+$/),
  ],
  [conditions(101), 'LIMIT_EXCEEDED', expect.stringMatching(/^filter/)],
  [{ year: { $in: list(1_001) } }, 'LIMIT_EXCEEDED', 'filter.year.$in'],
];

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
