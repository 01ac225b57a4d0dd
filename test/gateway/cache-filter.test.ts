import fc from 'fast-check';
import { canonicalFilter, filterText } from '../../gateway/cache/canonical-filter.ts';
import { parseFilter } from '../../schema/filter-parser.ts';
import type { Filter, Json, JsonObject } from '../../schema/filter.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { matches } from '../support/filter-reference.ts';

const parsed = (input: object): Filter =>
  parseFilter(input, { argument: 'filter', limits: defaultLimits })!;
const textOf = (filter: Filter): string => filterText(canonicalFilter(filter));

/** So few keys and values that conditions meet, and most records match something. */
const keys = fc.constantFrom('a', 'b');
const scalars = fc.constantFrom<Json>(1, 2, -0, 0, '1', 'x', 'xy', true, null);
const lists = fc.array(scalars, { maxLength: 3 });
const values = fc.oneof(
  scalars,
  lists,
  fc.dictionary(keys, scalars, { maxKeys: 2 }) as fc.Arbitrary<JsonObject>,
);
const some = fc.array(scalars, { minLength: 1, maxLength: 3 });
const ordered = fc.constantFrom<Json>(1, 2, '1', 'x');
const patterns = fc.constantFrom('x%', 'X_', 'x');

const single = {
  $eq: values,
  $lt: ordered,
  $gte: ordered,
  $in: some,
  $like: patterns,
  $ilike: patterns,
  $startsWith: patterns,
};
const operands = {
  ...single,
  $ne: values,
  $lte: ordered,
  $gt: ordered,
  $nin: some,
  $exists: fc.boolean(),
  $contains: fc.oneof(fc.constantFrom<Json>(1, 'x', null), some),
  $containsAny: some,
};
const under = (operator: string, operand: fc.Arbitrary<unknown>) =>
  operand.map((value): object => ({ [operator]: value }));
const conditionsOf = (by: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc.oneof(...Object.entries(by).map(([operator, operand]) => under(operator, operand)));
const conditions = fc.oneof(conditionsOf(operands), under('$any', conditionsOf(single)));

const { filter: inputs } = fc.letrec<{ filter: object }>((tie) => {
  const parts = fc.array(tie('filter'), { minLength: 1, maxLength: 3 });
  return {
    filter: fc.oneof(
      { maxDepth: 3 },
      fc.dictionary(keys, conditions, { minKeys: 1, maxKeys: 2 }),
      under('$and', parts),
      under('$or', parts),
      under('$not', tie('filter')),
    ),
  };
});
const filters = inputs.map(parsed);
const records = fc.dictionary(keys, values, { maxKeys: 2 }) as fc.Arbitrary<JsonObject>;

test('the canonical form matches the same records', () => {
  const check = (filter: Filter, metadata: readonly JsonObject[]): void => {
    const canonical = canonicalFilter(filter);
    for (const record of metadata) {
      expect(matches(canonical, record)).toBe(matches(filter, record));
    }
  };
  const many = fc.array(records, { minLength: 5, maxLength: 10 });
  fc.assert(fc.property(filters, many, check), { numRuns: 3_000 });
});

test('filters of one text match the same records', () => {
  const rewritten = fc.tuple(inputs, inputs, fc.nat(7)).map(([a, b, way]) => {
    const ways: readonly (readonly [object, object])[] = [
      [{ $and: [a, b] }, { $and: [b, a] }],
      [{ $or: [a, b] }, { $or: [b, { $or: [a, b] }] }],
      [{ $not: { $not: a } }, a],
      [{ $not: { $and: [a, b] } }, { $or: [{ $not: a }, { $not: b }] }],
      [{ $not: { $or: [a, b] } }, { $and: [{ $not: b }, { $not: a }] }],
      [{ $and: [a] }, { $or: [a, a] }],
      [{ $and: [{ $and: [a, b] }, a] }, { $and: [a, b] }],
      [{ $or: [{ $not: { $not: a } }, b] }, { $or: [a, b] }],
    ];
    return ways[way]!;
  });
  const check = ([one, other]: readonly [object, object]): void =>
    expect(textOf(parsed(one))).toBe(textOf(parsed(other)));
  fc.assert(fc.property(rewritten, check), { numRuns: 2_000 });
});

test('the canonical form of a canonical form is itself', () => {
  const check = (filter: Filter): void => {
    const canonical = canonicalFilter(filter);

    expect(textOf(canonical)).toBe(filterText(canonical));
  };
  fc.assert(fc.property(filters, check), { numRuns: 2_000 });
});

test.each([
  [{ a: 1 }, { a: { $in: [1] } }],
  [{ a: 1 }, { a: { $eq: 1 } }],
  [{ a: { $ne: 1 } }, { a: { $nin: [1, 1] } }],
  [{ a: { $in: [1, 2] } }, { a: { $in: [2, 1, 2] } }],
  [{ a: { $in: [1, 2] } }, { $or: [{ a: 2 }, { a: 1 }] }],
  [{ a: { $nin: [1, 2] } }, { $and: [{ a: { $ne: 2 } }, { a: { $ne: 1 } }] }],
  [{ a: 0 }, { a: -0 }],
  [{ a: { $eq: { x: 1, y: 2 } } }, { a: { $eq: { y: 2, x: 1 } } }],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [{ a: { $gt: 1, $lt: 5 } }, { $and: [{ a: { $lt: 5 } }, { a: { $gt: 1 } }] }],
  [{ a: { $contains: ['x', 'y'] } }, { a: { $contains: ['y', 'x'] } }],
  [{ a: { $contains: 'x' } }, { a: { $containsAny: ['x'] } }],
  [{ a: { $exists: false } }, { $not: { a: { $exists: true } } }],
  [{ a: { $any: { $eq: 1 } } }, { a: { $any: { $in: [1, 1] } } }],
])('%j and %j have one text', (one, other) => {
  expect(textOf(parsed(one))).toBe(textOf(parsed(other)));
});

test.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: 1 }, { b: 1 }],
  [{ a: null }, { a: { $exists: false } }],
  [{ a: { $ne: 1 } }, { $not: { a: 1 } }],
  [{ a: { $nin: [1] } }, { $not: { a: { $in: [1] } } }],
  [{ a: { $eq: [1, 2] } }, { a: { $eq: [2, 1] } }],
  [{ a: { $eq: [1] } }, { a: { $contains: [1] } }],
  [{ a: 1 }, { a: { $any: { $eq: 1 } } }],
  [{ a: { $lt: 1 } }, { a: { $lte: 1 } }],
  [{ a: { $lt: 1 } }, { $not: { a: { $gte: 1 } } }],
  [{ a: { $like: 'x' } }, { a: { $ilike: 'x' } }],
  [{ a: { $startsWith: 'x%' } }, { a: { $like: 'x%' } }],
  [{ 'a.b': 1 }, { a: { b: 1 } }],
  [{ $and: [{ a: 1 }, { b: 1 }] }, { $or: [{ a: 1 }, { b: 1 }] }],
  [{ $and: [{ a: { $in: [1] } }, { a: { $in: [2] } }] }, { a: { $in: [1, 2] } }],
  [{ $or: [{ a: { $ne: 1 } }, { a: { $ne: 2 } }] }, { a: { $nin: [1, 2] } }],
  [{ a: { $contains: ['x', 'y'] } }, { a: { $containsAny: ['x', 'y'] } }],
])('%j and %j have two', (one, other) => {
  expect(textOf(parsed(one))).not.toBe(textOf(parsed(other)));
});
