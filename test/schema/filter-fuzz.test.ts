import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { filterToJson } from '../../schema/filter-json.ts';
import { parseFilter } from '../../schema/filter-parser.ts';
import type { Filter } from '../../schema/filter.ts';
import { defaultLimits } from '../../schema/limits.ts';

const parse = (input: unknown): Filter | null =>
  parseFilter(input, {
    argument: 'filter',
    limits: defaultLimits,
    nonFilterableKeys: ['secret'],
  });

const keys = fc.oneof(
  fc.constantFrom('a', 'b', 'a.b', '', '0', '__proto__', 'constructor', 'toString', 'secret', '$'),
  fc.constantFrom('$and', '$or', '$not', '$eq', '$ne', '$lt', '$lte', '$gt', '$gte', '$in', '$nin'),
  fc.constantFrom(
    '$exists',
    '$any',
    '$contains',
    '$where',
    '$__proto__',
    '$like',
    '$ilike',
    '$startsWith',
    '$containsAny',
    '\0',
    '\ud800',
    "'; --",
  ),
  fc.string({ unit: 'binary' }),
  fc.constant('k'.repeat(100_000)),
);

const scalars = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\0', '\ud800', '', "'", '\\', 'v'.repeat(100_000)),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, Symbol.iterator, parse),
);

/** What JSON, or a caller in JavaScript, can nest. All keys are own, whatever they are called. */
const { value: inputs } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'large', maxDepth: 14 },
    scalars,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(keys, tie('value')), { maxLength: 4 })
      .map((entries): unknown => Object.fromEntries(entries)),
  ),
}));

/** `kept` is a tree that reads back as itself, `refused` an error that says where. */
function verdictOn(input: unknown): string {
  try {
    const filter = parse(input);
    // Between a gateway and its pods a filter is written and read again.
    const again = filter && parse(JSON.stringify(filterToJson(filter)));
    return isDeepStrictEqual(again, filter) ? 'kept' : `read back as ${JSON.stringify(again)}`;
  } catch (error) {
    if (!(error instanceof GraphQLError)) return String(error);
    const { code, argument } = error.extensions;
    const isPlaced = typeof argument === 'string' && argument.startsWith('filter');
    return isPlaced && refusals.has(code) && error.message.length < 2_000
      ? 'refused'
      : error.message;
  }
}

const sound = /^(?:kept|refused)$/;

const refusals: ReadonlySet<unknown> = new Set(['INVALID_FILTER', 'LIMIT_EXCEEDED']);

test('whatever object is given, the answer is a tree or an error that names the place', () => {
  const isSound = (input: unknown) => expect(verdictOn(input)).toMatch(sound);
  fc.assert(fc.property(inputs, isSound), { numRuns: 3_000 });
});

test.each([
  ['JSON', fc.json({ maxDepth: 12, stringUnit: 'binary' })],
  ['any kind', fc.string({ unit: 'binary' })],
])('so it is for text of %s', (_, texts) => {
  const isSound = (text: string) => expect(verdictOn(text)).toMatch(sound);
  fc.assert(fc.property(texts, isSound), { numRuns: 1_000 });
});

test.each([
  ['{"a":', '}'],
  ['[', ']'],
  ['{"$not":', '}'],
  ['{"$and":[', ']}'],
])('nesting without end, of %s, is refused, whether it is closed or not', (open, close) => {
  const isRefused = (depth: number): void => {
    expect(verdictOn(open.repeat(depth))).toBe('refused');
    expect(verdictOn(`${open.repeat(depth)}1${close.repeat(depth)}`)).toBe('refused');
  };
  fc.assert(fc.property(fc.integer({ min: 9, max: 100_000 }), isRefused), { numRuns: 20 });
});
