import fc from 'fast-check';
import { parseFilter } from '../../../schema/filter-parser.ts';
import type { Filter, JsonObject } from '../../../schema/filter.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import { filterSql } from '../../../subgraphs/postgres/filter-sql.ts';
import { createParameters } from '../../../subgraphs/postgres/sql/parameters.ts';
import { matches } from '../../support/filter-reference.ts';
import { during, scanIn } from '../../support/store-calls.ts';
import { fill, openPod, specOf, type OpenPod } from './open-pod.ts';

/** Every text of a filter has this, and no SQL of ours does. */
const mark = 'zq';

const keys = fc.constantFrom(
  ...['', "' or true --", '$1', '"', '\\', '{}', '__proto__', 'constructor', '{$[*]}'].map(
    (text) => mark + text,
  ),
);

const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, 5, 2 ** 53, 1e300, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const texts = fc.oneof(
  keys,
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => mark + text.replaceAll('\0', '')),
);

const scalars = fc.oneof(texts, numbers, fc.boolean(), fc.constant(null));

const { json: values } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(keys, tie('json'), { maxKeys: 3 }),
  ),
}));

/** Of SQL; what would be a single backslash at the end is not there. */
const patterns = fc
  .array(fc.oneof(fc.constantFrom('%', '_', '\\%', '\\_', '\\\\', 'É', 'a.', '^[', '\\é'), texts), {
    maxLength: 4,
  })
  .map((parts) => `${mark}${parts.join('').replace(/\\+$/, '')}`);

const some = fc.array(scalars, { minLength: 1, maxLength: 4 });
const ordered = fc.oneof(texts, numbers);

/** A right operand for each operator; these can be asked of a single value. */
const single = {
  $eq: values,
  $lt: ordered,
  $lte: ordered,
  $gt: ordered,
  $gte: ordered,
  $like: patterns,
  $ilike: patterns,
  $startsWith: texts,
  $in: some,
};
const operands = {
  ...single,
  $ne: values,
  $nin: some,
  $exists: fc.boolean(),
  $contains: fc.oneof(scalars, some),
  $containsAny: some,
};

const under = (operator: string, operand: fc.Arbitrary<unknown>) =>
  operand.map((value) => ({ [operator]: value }));

const conditionsOf = (by: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc.oneof(...Object.entries(by).map(([operator, operand]) => under(operator, operand)));
const conditions = fc.oneof(conditionsOf(operands), under('$any', conditionsOf(single)));

const { filter: inputs } = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    fc.dictionary(
      keys,
      fc.oneof(conditions, fc.dictionary(keys, conditions, { minKeys: 1, maxKeys: 2 })),
      {
        minKeys: 1,
        maxKeys: 2,
      },
    ),
    under('$and', fc.array(tie('filter'), { minLength: 1, maxLength: 3 })),
    under('$or', fc.array(tie('filter'), { minLength: 1, maxLength: 3 })),
    under('$not', tie('filter')),
  ),
}));

const parsed = (input: unknown): Filter =>
  parseFilter(input, { argument: 'filter', limits: defaultLimits })!;

test('nothing of a filter stands in the text of its statement', () => {
  const check = (input: object): void => {
    const text = filterSql(parsed(input), { metadata: 'metadata', add: createParameters().add });

    expect(text).not.toContain(mark);
    expect(text.replaceAll(/\$\d+/g, '')).not.toMatch(/\d/);
  };
  fc.assert(fc.property(inputs, check), { numRuns: 2_000 });
});

describe('on a database', () => {
  let pod: OpenPod;
  const records = fc
    .sample(fc.dictionary(keys, values, { maxKeys: 4 }), { numRuns: 200, seed: 1 })
    .map((metadata, i) => ({
      key: String(i).padStart(3, '0'),
      vector: [i],
      metadata: metadata as JsonObject,
    }));

  beforeAll(async () => {
    pod = await openPod();
    await fill(pod, specOf(pod, 'fuzz', { dimension: 1 }), records);
  });
  afterAll(() => pod.close());

  const keysMatching = (filter: Filter) =>
    during(async (call) => {
      const found = await pod.store.scan(scanIn(pod.bucket, 'fuzz', { filter }), call);
      return found.records.map(({ key }) => key);
    });

  test('every filter finds what it means', async () => {
    const check = async (input: object): Promise<void> => {
      const filter = parsed(input);
      const expected = records.filter(({ metadata }) => matches(filter, metadata));

      expect(await keysMatching(filter)).toEqual(expected.map(({ key }) => key));
    };
    await fc.assert(fc.asyncProperty(inputs, check), { numRuns: 200 });
  });
});
