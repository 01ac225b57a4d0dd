import fc from 'fast-check';
import { readS3Filter } from '../../gateway/vector-buckets/filter.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { openGatewayServer } from '../support/subjects.ts';
import { filterSql } from '../../subgraphs/postgres/filter-sql.ts';
import { clients, done, openFilms, refused } from '../support/vector-buckets.ts';
import { refusalOf } from '../support/refusal.ts';

const options = {
  argument: 'filter',
  limits: defaultLimits,
  nonFilterableKeys: ['text'],
};

test.each<[string, string, unknown]>([
  ['INVALID_FILTER', 'filter', {}],
  ['INVALID_FILTER', 'filter', null],
  ['INVALID_FILTER', 'filter', 'genre'],
  ['INVALID_FILTER', 'filter.$not', { $not: { a: 1 } }],
  ['INVALID_FILTER', 'filter', { $and: [{ a: 1 }], b: 1 }],
  ['INVALID_FILTER', 'filter.$or', { $or: [] }],
  ['INVALID_FILTER', 'filter.$or[1]', { $or: [{ a: 1 }, {}] }],
  ['INVALID_FILTER', 'filter.a', { a: null }],
  ['INVALID_FILTER', 'filter.a', { a: ['x'] }],
  ['INVALID_FILTER', 'filter.a', { a: {} }],
  ['INVALID_FILTER', 'filter.a.b', { a: { b: 1 } }],
  ['INVALID_FILTER', 'filter.a.$contains', { a: { $contains: 1 } }],
  ['INVALID_FILTER', 'filter.a.toString', { a: { toString: 1 } }],
  ['INVALID_FILTER', 'filter.a.$gt', { a: { $gt: 'text' } }],
  ['INVALID_FILTER', 'filter.a.$lt', { a: { $lt: Infinity } }],
  ['INVALID_FILTER', 'filter.a.$ne', { a: { $ne: [1] } }],
  ['INVALID_FILTER', 'filter.a.$in', { a: { $in: [] } }],
  ['INVALID_FILTER', 'filter.a.$nin[1]', { a: { $nin: [1, null] } }],
  ['INVALID_FILTER', 'filter.a.$exists', { a: { $exists: 1 } }],
  ['INVALID_FILTER', 'filter["a\\u0000"]', { 'a\0': 1 }],
  ['INVALID_FILTER', 'filter.a', { a: '\uD800' }],
  ['INVALID_FILTER', 'filter.$or[0].text', { $or: [{ text: { $eq: 'x' } }] }],
  ['LIMIT_EXCEEDED', 'filter', { $or: Array.from({ length: 101 }, (_, a) => ({ a })) }],
  [
    'LIMIT_EXCEEDED',
    `filter${'.$and[0]'.repeat(8)}.$and`,
    JSON.parse(`${'{"$and":['.repeat(5_000)}{"a":1}${']}'.repeat(5_000)}`),
  ],
])('%s at %s', (code, argument, input) => {
  expect(refusalOf(() => readS3Filter(input, options))).toEqual({ code, argument });
});

test('no filter filters nothing', () => {
  expect(readS3Filter(undefined, options)).toBeNull();
});

/** Stands for what somebody writes; nothing of it may be found in a statement. */
const marked = fc.string().map((text) => `mark'"$1;--${text}`);
const primitive = fc.oneof(
  marked,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
const operators = fc.oneof(
  fc.record({ $eq: primitive, $ne: primitive }, { requiredKeys: [] }),
  fc.record({ $gt: fc.integer(), $lte: fc.integer() }),
  fc.record({ $in: fc.array(primitive, { minLength: 1, maxLength: 3 }) }),
  fc.record({ $nin: fc.array(primitive, { minLength: 1, maxLength: 3 }), $exists: fc.boolean() }),
);
const filters = fc.letrec<{ filter: unknown }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.dictionary(marked, fc.oneof(primitive, operators), { maxKeys: 3 }),
    fc.record({ $and: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ $or: fc.array(tie('filter'), { maxLength: 3 }) }),
  ),
})).filter;

test('what a filter says never stands in the text of a statement', () => {
  let translated = 0;
  const judge = (input: unknown): void => {
    const filter = orRefused(() => readS3Filter(input, options));
    if (!filter) return;
    translated++;
    const values: unknown[] = [];
    const add = (value: unknown): string => `$${values.push(value)}`;
    expect(filterSql(filter, { metadata: 'm', add })).not.toContain('mark');
    expect(JSON.stringify(values)).toContain('mark');
  };

  fc.assert(fc.property(filters, judge), { numRuns: 500 });
  expect(translated).toBeGreaterThan(50);
});

/** null when it is refused, which must be with an error of ours. */
function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    refusalOf(() => {
      throw error;
    });
    return null;
  }
}

describe('a query with a filter', () => {
  let gateway: Awaited<ReturnType<typeof openGatewayServer>>;
  let opened: Awaited<ReturnType<typeof openFilms>>;

  beforeAll(async () => {
    gateway = await openGatewayServer();
    opened = await openFilms(clients[0]![1](gateway.url));
    const metadataConfiguration = { nonFilterableMetadataKeys: ['text'] };
    const shape = { dataType: 'float32', dimension: 1, metadataConfiguration } as const;
    await done(
      opened.scope.createIndex({ ...shape, indexName: 'values', distanceMetric: 'euclidean' }),
    );
    const vectors = Object.entries(values).map(([key, metadata]) => ({
      key,
      data: { float32: [1] },
      metadata,
    }));
    await done(opened.scope.index('values').putVectors({ vectors }));
  });
  afterAll(async () => {
    await opened.close();
    await gateway.close();
  });

  const query = (filter: Record<string, unknown>) =>
    opened.scope.index('values').queryVectors({ queryVector: { float32: [1] }, topK: 100, filter });

  const values = {
    absent: { text: 'not filterable' },
    five: { v: 5 },
    'five as text': { v: '5' },
    nine: { v: 9.5 },
    yes: { v: true },
    drama: { v: 'drama' },
    'drama and noir': { v: ['drama', 'noir'] },
    'one and five': { v: [1, 5] },
    mixed: { v: ['5', 12, false] },
    empty: { v: [] },
  };
  const others = (...but: readonly string[]): string[] =>
    Object.keys(values).filter((key) => key !== 'absent' && !but.includes(key));

  test.each<[Record<string, unknown>, readonly string[]]>([
    [{ v: 5 }, ['five', 'one and five']],
    [{ v: '5' }, ['five as text', 'mixed']],
    [{ v: { $eq: 'drama' } }, ['drama', 'drama and noir']],
    [{ v: false }, ['mixed']],
    [{ v: { $ne: 'drama' } }, others('drama', 'drama and noir')],
    [{ v: { $gt: 5 } }, ['nine', 'mixed']],
    [{ v: { $gte: 5 } }, ['five', 'nine', 'one and five', 'mixed']],
    [{ v: { $lt: 5 } }, ['one and five']],
    [{ v: { $lte: 5 } }, ['five', 'one and five']],
    [{ v: { $gte: 5, $lt: 2 } }, ['one and five']],
    [{ v: { $in: ['noir', 9.5] } }, ['nine', 'drama and noir']],
    [{ v: { $nin: ['noir', 9.5, 5] } }, others('nine', 'drama and noir', 'five', 'one and five')],
    [{ v: { $exists: true } }, others()],
    [{ v: { $exists: false } }, ['absent']],
    [{ none: { $ne: 1 } }, []],
    [{ $or: [{ v: true }, { $and: [{ v: 1 }, { v: 5 }] }] }, ['yes', 'one and five']],
    [{ v: 5, none: 1 }, []],
  ])('%j', async (filter, keys) => {
    const { vectors } = await done(query(filter));

    expect(vectors.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
  });

  test('finds metadata of 2 KiB at most; what cannot be filtered on is not counted', async () => {
    const long = 'x'.repeat(3_000);
    const put = (metadata: Record<string, string>) =>
      opened.scope
        .index('values')
        .putVectors({ vectors: [{ key: 'absent', data: { float32: [1] }, metadata }] });

    await done(put({ text: long }));
    expect(await refused(put({ v: long }))).toMatchObject({
      status: 400,
      message: expect.stringContaining(
        'vectors[0].metadata may have at most 2048 filterable bytes',
      ),
    });
  });

  test('on a key that is not filterable is refused', async () => {
    expect(await refused(query({ text: 'x' }))).toMatchObject({
      status: 400,
      message: 'filter.text must be a key that can be filtered on; got "text".',
    });
  });
});
