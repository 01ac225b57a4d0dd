import { parseFilter } from '../../schema/filter-parser.ts';
import type { Filter } from '../../schema/filter.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { refusalOf } from '../support/refusal.ts';

const parse = (input: unknown): Filter | null =>
  parseFilter(input, {
    argument: 'filter',
    limits: defaultLimits,
    nonFilterableKeys: ['secret', 'a.b'],
  });

const year = ['year'];
const path = ['a'];

test.each([undefined, null, {}, '{}', Object.create(null)])('%p filters nothing', (input) => {
  expect(parse(input)).toBeNull();
});

test.each<[string, unknown, Filter]>([
  ['a plain value is eq', { year: 2012 }, { kind: 'eq', path: year, value: 2012 }],
  ['JSON text is its object', '{"year": 2012}', { kind: 'eq', path: year, value: 2012 }],
  ['null is a value', { a: null }, { kind: 'eq', path, value: null }],
  ['false is a value', { a: false }, { kind: 'eq', path, value: false }],
  ['a list is compared as it is', { a: [1, [2]] }, { kind: 'eq', path, value: [1, [2]] }],
  ['an empty list too', { a: [] }, { kind: 'eq', path, value: [] }],
  ['$eq of an object', { a: { $eq: { b: {} } } }, { kind: 'eq', path, value: { b: {} } }],
  [
    '$eq does not read operators',
    { a: { $eq: { $x: 1 } } },
    { kind: 'eq', path, value: { $x: 1 } },
  ],
  ['$ne', { a: { $ne: 'b' } }, { kind: 'ne', path, value: 'b' }],
  ['$lt', { a: { $lt: 5 } }, { kind: 'lt', path, value: 5 }],
  ['$lte', { a: { $lte: 'b' } }, { kind: 'lte', path, value: 'b' }],
  ['$gt', { a: { $gt: -1.5 } }, { kind: 'gt', path, value: -1.5 }],
  ['$gte', { a: { $gte: '' } }, { kind: 'gte', path, value: '' }],
  ['$in', { a: { $in: [1, 'b', null, true] } }, { kind: 'in', path, values: [1, 'b', null, true] }],
  ['$nin', { a: { $nin: [1] } }, { kind: 'nin', path, values: [1] }],
  ['$exists', { a: { $exists: false } }, { kind: 'exists', path, value: false }],
  [
    '$any',
    { a: { $any: { $gt: 1 } } },
    { kind: 'any', path, part: { kind: 'gt', path: [], value: 1 } },
  ],
  ['$contains a scalar', { a: { $contains: 1 } }, { kind: 'contains', path, values: [1] }],
  ['$contains all', { a: { $contains: [1, null] } }, { kind: 'contains', path, values: [1, null] }],
  ['an object goes down', { a: { b: 1 } }, { kind: 'eq', path: ['a', 'b'], value: 1 }],
  [
    'two levels down',
    { a: { b: { c: { $lt: 1 } } } },
    { kind: 'lt', path: ['a', 'b', 'c'], value: 1 },
  ],
  ['a dot is a dot', { 'b.c': 1 }, { kind: 'eq', path: ['b.c'], value: 1 }],
  ['the empty key', { '': 1 }, { kind: 'eq', path: [''], value: 1 }],
  [
    '__proto__ is a key',
    '{"__proto__": {"x": 1}}',
    { kind: 'eq', path: ['__proto__', 'x'], value: 1 },
  ],
  ['a key of Object', { constructor: 1 }, { kind: 'eq', path: ['constructor'], value: 1 }],
  [
    'only the first key is refused',
    { a: { secret: 1 } },
    { kind: 'eq', path: ['a', 'secret'], value: 1 },
  ],
  [
    'several keys are AND',
    { a: 1, year: 2 },
    {
      kind: 'and',
      parts: [
        { kind: 'eq', path, value: 1 },
        { kind: 'eq', path: year, value: 2 },
      ],
    },
  ],
  [
    'several operators are AND',
    { a: { $gt: 1, $lt: 3 } },
    {
      kind: 'and',
      parts: [
        { kind: 'gt', path, value: 1 },
        { kind: 'lt', path, value: 3 },
      ],
    },
  ],
  [
    '$or beside a key',
    { a: 1, $or: [{ a: 2 }, { a: 3 }] },
    {
      kind: 'and',
      parts: [
        { kind: 'eq', path, value: 1 },
        {
          kind: 'or',
          parts: [
            { kind: 'eq', path, value: 2 },
            { kind: 'eq', path, value: 3 },
          ],
        },
      ],
    },
  ],
  ['an AND of one part is the part', { $and: [{ a: 1 }] }, { kind: 'eq', path, value: 1 }],
  ['an OR of one part is the part', { $or: [{ a: 1 }] }, { kind: 'eq', path, value: 1 }],
  ['$not around', { $not: { a: 1 } }, { kind: 'not', part: { kind: 'eq', path, value: 1 } }],
  [
    '$not under a key',
    { a: { $not: { $gt: 5 } } },
    { kind: 'not', part: { kind: 'gt', path, value: 5 } },
  ],
])('%s', (_, input, expected) => {
  expect(parse(input)).toEqual(expected);
});

/** `levels` objects inside each other, as text: written by hand, JSON.stringify would not go so deep. */
const deepText = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const deepList = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test.each<[code: string, argument: string, input: unknown]>([
  ['INVALID_FILTER', 'filter', 5],
  ['INVALID_FILTER', 'filter', []],
  ['INVALID_FILTER', 'filter', ''],
  ['INVALID_FILTER', 'filter', '{year: 2012}'],
  ['INVALID_FILTER', 'filter', '[1]'],
  ['INVALID_FILTER', 'filter', 'null'],
  ['INVALID_FILTER', 'filter', new Map([['year', 5]])],
  ['INVALID_FILTER', 'filter.year', { year: {} }],
  ['INVALID_FILTER', 'filter.year', { year: undefined }],
  ['INVALID_FILTER', 'filter.year', { year: Number.NaN }],
  ['INVALID_FILTER', 'filter.year', { year: new Date(0) }],
  ['INVALID_FILTER', 'filter.year', { year: 'a\0' }],
  ['INVALID_FILTER', 'filter.year', { year: '\uD800' }],
  ['INVALID_FILTER', 'filter.year[1].b', { year: [1, { b: Infinity }] }],
  ['INVALID_FILTER', 'filter.year.$eq["a.b"][0]', { year: { $eq: { 'a.b': ['\0'] } } }],
  ['INVALID_FILTER', 'filter.author', { author: { $eq: 1, name: 'Ada' } }],
  ['INVALID_FILTER', 'filter.author.name', { author: { name: {} } }],
  ['INVALID_FILTER', 'filter["a b"].$regex', { 'a b': { $regex: 'x' } }],
  ['INVALID_FILTER', 'filter.a.$like', { a: { $like: 5 } }],
  ['INVALID_FILTER', 'filter.a.$like', { a: { $like: '\\' } }],
  ['INVALID_FILTER', 'filter.a.$ilike', { a: { $ilike: 'x\\\\\\' } }],
  ['INVALID_FILTER', 'filter.a.$ilike', { a: { $ilike: 'x\0' } }],
  ['LIMIT_EXCEEDED', 'filter.a.$like', { a: { $like: '%'.repeat(1_001) } }],
  ['INVALID_FILTER', 'filter.a.$startsWith', { a: { $startsWith: null } }],
  ['INVALID_FILTER', 'filter.a.$startsWith', { a: { $startsWith: '\uD800' } }],
  ['INVALID_FILTER', 'filter.a.$containsAny', { a: { $containsAny: 'x' } }],
  ['INVALID_FILTER', 'filter.a.$containsAny', { a: { $containsAny: [] } }],
  ['INVALID_FILTER', 'filter.a.$containsAny[1]', { a: { $containsAny: [1, [2]] } }],
  ['LIMIT_EXCEEDED', 'filter.a.$containsAny', { a: { $containsAny: Array(1_001).fill(1) } }],
  ['INVALID_FILTER', 'filter.a.$any', { a: { $any: { $containsAny: ['x'] } } }],
  ['INVALID_FILTER', 'filter["\\u0000"]', { '\0': 1 }],
  ['INVALID_FILTER', 'filter["\\udc00"]', { '\uDC00': { x: {} } }],
  ['INVALID_FILTER', 'filter.$gt', { $gt: 5 }],
  ['INVALID_FILTER', 'filter.$nor', { $nor: [{ a: 1 }] }],
  ['INVALID_FILTER', 'filter.a.$and', { a: { $and: [{ $gt: 1 }] } }],
  ['INVALID_FILTER', 'filter.$or', { $or: [] }],
  ['INVALID_FILTER', 'filter.$and', { $and: [] }],
  ['INVALID_FILTER', 'filter.$and', { $and: { a: 1 } }],
  ['INVALID_FILTER', 'filter.$or[1]', { $or: [{ a: 1 }, {}] }],
  ['INVALID_FILTER', 'filter.$or[0]', { $or: [null] }],
  ['INVALID_FILTER', 'filter.$or[1].year.$gt', { $or: [{ a: 1 }, { year: { $gt: true } }] }],
  ['INVALID_FILTER', 'filter.$not', { $not: {} }],
  ['INVALID_FILTER', 'filter.$not', { $not: [{ a: 1 }] }],
  ['INVALID_FILTER', 'filter.a.$not', { a: { $not: 5 } }],
  ['INVALID_FILTER', 'filter.a.$lt', { a: { $lt: null } }],
  ['INVALID_FILTER', 'filter.a.$lte', { a: { $lte: [1] } }],
  ['INVALID_FILTER', 'filter.a.$gt', { a: { $gt: Infinity } }],
  ['INVALID_FILTER', 'filter.a.$gte', { a: { $gte: '\0' } }],
  ['INVALID_FILTER', 'filter.a.$in', { a: { $in: [] } }],
  ['INVALID_FILTER', 'filter.a.$in', { a: { $in: 5 } }],
  ['INVALID_FILTER', 'filter.a.$in[1]', { a: { $in: [1, [2]] } }],
  ['INVALID_FILTER', 'filter.a.$nin[0]', { a: { $nin: [{ b: 1 }] } }],
  ['INVALID_FILTER', 'filter.a.$in[0]', { a: { $in: ['\uDBFF'] } }],
  ['INVALID_FILTER', 'filter.a.$exists', { a: { $exists: 1 } }],
  ['INVALID_FILTER', 'filter.a.$any', { a: { $any: 5 } }],
  ['INVALID_FILTER', 'filter.a.$any', { a: { $any: {} } }],
  ['INVALID_FILTER', 'filter.a.$any', { a: { $any: { $ne: 1 } } }],
  ['INVALID_FILTER', 'filter.a.$any', { a: { $any: { $gt: 1, $lt: 2 } } }],
  ['INVALID_FILTER', 'filter.a.$any.$gt', { a: { $any: { $gt: true } } }],
  ['INVALID_FILTER', 'filter.a.$contains', { a: { $contains: [] } }],
  ['INVALID_FILTER', 'filter.a.$contains', { a: { $contains: { b: 1 } } }],
  ['INVALID_FILTER', 'filter.a.$contains[0]', { a: { $contains: [[1]] } }],
  ['INVALID_FILTER', 'filter.secret', { secret: 1 }],
  ['INVALID_FILTER', 'filter.$or[0].$not.secret', { $or: [{ $not: { secret: { b: 1 } } }] }],
  ['INVALID_FILTER', 'filter["a.b"]', { 'a.b': { $exists: true } }],
  ['LIMIT_EXCEEDED', 'filter.a.a.a.a.a.a.a.a.a', deepText(9)],
  ['LIMIT_EXCEEDED', 'filter.a.a.a.a.a.a.a.a.a', deepText(100_000)],
  ['LIMIT_EXCEEDED', `filter.a${'[0]'.repeat(64)}`, `{"a": ${deepList(100_000)}}`],
  ['INVALID_FILTER', 'filter.$or', `{"$or": ${deepText(100_000)}}`],
  ['LIMIT_EXCEEDED', `filter${'.$not'.repeat(9)}`, `${'{"$not":'.repeat(1e5)}1${'}'.repeat(1e5)}`],
  ['LIMIT_EXCEEDED', 'filter', { $or: Array.from({ length: 101 }, (_, a) => ({ a })) }],
  ['LIMIT_EXCEEDED', 'filter.a.$in', { a: { $in: Array.from({ length: 1_001 }, (_, i) => i) } }],
])('%s at %s', (code, argument, input) => {
  expect(refusalOf(() => parse(input))).toEqual({ code, argument });
});

test.each([
  ['8 levels', deepText(8)],
  ['100 conditions', { $or: Array.from({ length: 100 }, (_, a) => ({ a })) }],
  ['1,000 values', { a: { $in: Array.from({ length: 1_000 }, (_, i) => i) } }],
])('%s are within the limits', (_, input) => {
  expect(parse(input)).not.toBeNull();
});

test('an unknown operator is answered with those that exist', () => {
  expect(() => parse({ a: { $regex: 'x' } })).toThrow(
    /\$eq, \$ne, .*\$containsAny, \$not; got "\$regex"/,
  );
  expect(() => parse({ $gt: 1 })).toThrow('filter.$gt must be a key, or one of $and, $or, $not');
});

test.each([
  ["{'lang':'de'}", 'at position 1'],
  ['{"lang": de}', `Unexpected token 'd'`],
  ['{"lang": "de"', 'at position 13'],
  ['', 'Unexpected end of JSON input'],
])('a text that is no JSON, %j, is answered with what its parser says', (input, why) => {
  expect(() => parse(input)).toThrow(/^filter must be an object, or the JSON text of one \(/);
  expect(() => parse(input)).toThrow(why);
});

test('the path begins with the name that the argument has', () => {
  const options = { argument: 'options.filter', limits: defaultLimits };
  expect(refusalOf(() => parseFilter({ $or: [] }, options)).argument).toBe('options.filter.$or');
});
