import { filterToJson } from '../../schema/filter-json.ts';
import { parseFilter } from '../../schema/filter-parser.ts';
import type { Filter } from '../../schema/filter.ts';
import { defaultLimits } from '../../schema/limits.ts';

const parse = (input: unknown): Filter => {
  const filter = parseFilter(input, { argument: 'filter', limits: defaultLimits });
  if (filter === null) throw new Error('A filter that filters nothing has no JSON.');
  return filter;
};

const cases: readonly unknown[] = [
  { year: 2012 },
  { year: null },
  { year: [1, { b: [], a: {} }] },
  { year: { $eq: { b: 1, a: { $not: 'an operator' } } } },
  { year: { $ne: [] } },
  { year: { $gt: 1, $gte: 2, $lt: 3, $lte: 'x' } },
  { year: { $in: [1, '1', null, true] }, tag: { $nin: ['x'] } },
  { a: { $exists: true }, b: { $exists: false } },
  { tags: { $any: { $eq: 'x' } }, author: { name: { $not: { $any: { $in: ['a', 1] } } } } },
  { a: { $like: 'x\\%%' }, b: { $ilike: '\\\\' }, c: { $not: { $startsWith: '' } } },
  { tags: { $containsAny: ['x', 1, null] }, a: { $any: { $ilike: '_%' } } },
  { tags: { $contains: 'x' }, more: { $contains: ['x', 1, null] } },
  { author: { name: 'Ada', born: { year: { $lt: 1900 } } } },
  { 'a.b': 1, '': 2, '"': 3, 7: 4, '\n': 5, constructor: 6 },
  '{"__proto__": {"__proto__": {"$eq": {"__proto__": 1}}}}',
  { $or: [{ b: 1 }, { 7: 2, a: { $ne: 3 } }], c: 4 },
  { $and: [{ $and: [{ a: 1 }, { b: 2 }] }, { $or: [{ a: 1 }] }] },
  { $not: { $not: { a: { $not: { $gt: 1, $lt: 0 } } } } },
  // As deep as is allowed, with every level that an AND can be written as.
  { a: 1, $or: [{ b: { c: { d: { $gt: 1, $lt: 2 } }, e: 1 } }, { f: 1 }] },
  '{"a":'.repeat(8) + '1' + '}'.repeat(8),
];

test.each(cases)('%j is the same filter after it went over the wire', (input) => {
  const filter = parse(input);
  const json = filterToJson(filter);

  expect(parse(json)).toEqual(filter);
  expect(parse(JSON.stringify(json))).toEqual(filter);
});

test.each<[unknown, unknown]>([
  [{ year: 2012 }, { year: { $eq: 2012 } }],
  [{ a: { b: 1 }, c: { $contains: 2 } }, { $and: [{ a: { b: 1 } }, { c: { $contains: [2] } }] }],
  [{ a: { $gt: 1, $lt: 3 } }, { $and: [{ a: { $gt: 1 } }, { a: { $lt: 3 } }] }],
  [{ a: { $eq: { y: [{ d: 1, c: 2 }], x: 1 } } }, { a: { $eq: { x: 1, y: [{ c: 2, d: 1 }] } } }],
])('%j and %j have one form', (one, other) => {
  expect(JSON.stringify(filterToJson(parse(one)))).toBe(JSON.stringify(filterToJson(parse(other))));
});
