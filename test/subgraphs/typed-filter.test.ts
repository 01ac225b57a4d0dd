import { filterToJson } from '../../schema/filter-json.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { bindCollections } from '../../subgraphs/typed/binding.ts';
import { readTypedFilter } from '../../subgraphs/typed/filter.ts';
import { articlesSdl } from '../support/typed-sdl.ts';
import { typedOf } from '../support/typed.ts';

const [binding] = bindCollections(typedOf(articlesSdl('vecs')));
const filtered = { fields: binding!.collection.fields, nestedFields: binding!.nestedFields };
const limits = { ...defaultLimits, filterValuesMax: 3, filterConditionsMax: 4, filterDepthMax: 4 };

const read = (input: unknown, nonFilterableKeys: readonly string[] = []) =>
  readTypedFilter(input, filtered, { argument: 'filter', limits, nonFilterableKeys });

/** What of the one grammar it becomes. */
const jsonOf = (input: unknown): unknown => {
  const filter = read(input);
  return filter && filterToJson(filter);
};

const and = (...parts: readonly object[]): object => ({ $and: parts });

describe('a typed filter', () => {
  test.each<[string, unknown, unknown]>([
    ['nothing', null, null],
    ['an empty object', {}, null],
    ['equality', { year: { eq: 5 } }, { year: { $eq: 5 } }],
    ['inequality', { year: { ne: 5 } }, and({ year: { $ne: 5 } }, { year: { $ne: null } })],
    ['a range', { year: { gte: 1, lt: 5 } }, and({ year: { $gte: 1 } }, { year: { $lt: 5 } })],
    [
      'two fields',
      { year: { gt: 1 }, title: { lte: 'b' } },
      and({ year: { $gt: 1 } }, { title: { $lte: 'b' } }),
    ],
    ['a list of values', { title: { in: ['a'] } }, { title: { $in: ['a'] } }],
    [
      'a list of others',
      { title: { nin: ['a'] } },
      and({ title: { $nin: ['a'] } }, { title: { $ne: null } }),
    ],
    ['a pattern', { title: { like: 'a%' } }, { title: { $like: 'a%' } }],
    ['a pattern of any case', { title: { ilike: 'a%' } }, { title: { $ilike: 'a%' } }],
    ['a beginning', { title: { startsWith: 'a%' } }, { title: { $startsWith: 'a%' } }],
    ['an element', { tags: { contains: 'a' } }, { tags: { $contains: ['a'] } }],
    [
      'some elements',
      { tags: { containsAny: ['a', 'b'] } },
      { tags: { $containsAny: ['a', 'b'] } },
    ],
    ['all elements', { tags: { containsAll: ['a', 'b'] } }, { tags: { $contains: ['a', 'b'] } }],
    ['a column', { url: { eq: '/a' } }, { page_url: { $eq: '/a' } }],
    ['an object inside', { author: { born: { gt: 5 } } }, { author: { born: { $gt: 5 } } }],
    ['absence', { year: { isNull: true } }, { $not: { year: { $ne: null } } }],
    ['presence', { year: { isNull: false } }, { year: { $ne: null } }],
    ['null', { year: { eq: null } }, { $not: { year: { $ne: null } } }],
    ['anything but null', { year: { ne: null } }, { year: { $ne: null } }],
    ['absence of an object', { author: { isNull: true } }, { $not: { author: { $ne: null } } }],
    ['absence of a list', { editors: { isNull: true } }, { $not: { editors: { $ne: null } } }],
    [
      'and',
      { and: [{ year: { eq: 1 } }, { year: { eq: 2 } }] },
      and({ year: { $eq: 1 } }, { year: { $eq: 2 } }),
    ],
    [
      'or',
      { or: [{ year: { eq: 1 } }, { year: { eq: 2 } }] },
      { $or: [{ year: { $eq: 1 } }, { year: { $eq: 2 } }] },
    ],
    [
      'AND inside of AND, as one level',
      { and: [{ year: { gte: 1, lt: 5 }, url: { eq: '/a' } }], draft: { eq: true } },
      and(
        { year: { $gte: 1 } },
        { year: { $lt: 5 } },
        { page_url: { $eq: '/a' } },
        { draft: { $eq: true } },
      ),
    ],
    ['not', { not: { year: { eq: 1 } } }, { $not: { year: { $eq: 1 } } }],
    [
      'a moment',
      { created: { gt: '2026-11-21T10:00:00+02:00' } },
      { created: { $gt: '2026-11-21T08:00:00.000Z' } },
    ],
    [
      'moments',
      { created: { in: ['2026-11-21'] } },
      { created: { $in: ['2026-11-21T00:00:00.000Z'] } },
    ],
    ['a key of every object', { builder: { eq: 'a' } }, { constructor: { $eq: 'a' } }],
  ])('of %s', (_, input, json) => {
    expect(jsonOf(input)).toEqual(json);
  });

  const five = [{ owner: { $in: ['5'] } }, { owner: { $in: [5] } }];

  test.each<[unknown, unknown]>([
    [{ owner: { eq: 'a' } }, { owner: { $eq: 'a' } }],
    [{ owner: { eq: '05' } }, { owner: { $eq: '05' } }],
    [{ owner: { eq: '5' } }, { $or: five }],
    [{ owner: { in: ['5'] } }, { $or: five }],
    [
      { owner: { ne: '5' } },
      and({ owner: { $nin: ['5'] } }, { owner: { $nin: [5] } }, { owner: { $ne: null } }),
    ],
    [
      { owner: { in: ['a', '5'] } },
      { $or: [{ owner: { $in: ['a', '5'] } }, { owner: { $in: [5] } }] },
    ],
    [{ reviewers: { containsAll: ['a', 'b'] } }, { reviewers: { $contains: ['a', 'b'] } }],
    [
      { reviewers: { containsAll: ['a', '5'] } },
      and(
        { reviewers: { $contains: ['a'] } },
        { $or: [{ reviewers: { $containsAny: ['5'] } }, { reviewers: { $containsAny: [5] } }] },
      ),
    ],
  ])('finds an ID that is stored as text or number: %j', (input, json) => {
    expect(jsonOf(input)).toEqual(json);
  });
});

describe('a typed filter that is refused', () => {
  const eq = { eq: 1 };

  test.each<[string, unknown, string]>([
    ['no condition', { year: {} }, 'filter.year'],
    ['null as a field', { year: null }, 'filter.year'],
    ['no condition inside', { author: {} }, 'filter.author'],
    ['no condition in a part', { or: [{ year: eq }, {}] }, 'filter.or[1]'],
    ['one empty part', { or: [{}] }, 'filter.or[0]'],
    ['no parts', { and: [] }, 'filter.and'],
    ['null as parts', { or: null }, 'filter.or'],
    ['null to negate', { not: null }, 'filter.not'],
    ['nothing to negate', { not: {} }, 'filter.not'],
    [
      'null to compare with',
      { or: [{ year: eq }, { year: { gt: null } }] },
      'filter.or[1].year.gt',
    ],
    ['null as isNull', { year: { isNull: null } }, 'filter.year.isNull'],
    ['no values', { year: eq, title: { in: [] } }, 'filter.title.in'],
    ['no values for IDs', { owner: { in: [] } }, 'filter.owner.in'],
    ['what cannot be stored', { not: { url: { in: ['a', '\0'] } } }, 'filter.not.url.in[1]'],
    ['half a pattern', { author: { name: { like: 'a\\' } } }, 'filter.author.name.like'],
    ['no moment', { created: { in: ['2026-11-21', 'now'] } }, 'filter.created.in[1]'],
  ])('for %s', (_, input, argument) => {
    expect(refusalOf(() => read(input))).toMatchObject({ code: 'INVALID_FILTER', argument });
  });

  test.each<[string, unknown, string]>([
    ['values', { url: { in: ['1', '2', '3', '4'] } }, 'filter.url.in'],
    ['conditions', { or: [1, 2, 3, 4, 5].map((n) => ({ year: { eq: n } })) }, 'filter'],
    [
      'levels',
      { not: { not: { not: { not: { not: { year: eq } } } } } },
      'filter.not.not.not.not.not',
    ],
    ['levels, with its key', { not: { not: { not: { not: { year: eq } } } } }, 'filter'],
  ])('for too many %s', (_, input, argument) => {
    expect(refusalOf(() => read(input))).toMatchObject({ code: 'LIMIT_EXCEEDED', argument });
  });

  test('for a key that cannot be filtered on, by the name of its field', () => {
    const refusal = refusalOf(() =>
      read({ or: [{ year: eq }, { url: { eq: '/a' } }] }, ['page_url']),
    );
    expect(refusal).toMatchObject({ code: 'INVALID_FILTER', argument: 'filter.or[1].url' });
    expect(refusal.message).toMatch(/^filter\.or\[1\]\.url must be a key that can be filtered on/);
  });

  test('without end, before the stack is', () => {
    let input: object = { year: eq };
    for (let i = 0; i < 100_000; i++) input = { not: input };
    expect(refusalOf(() => read(input))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

function refusalOf(work: () => unknown): { message: string; code: unknown; argument: unknown } {
  try {
    work();
  } catch (error) {
    const { message, extensions } = error as {
      message: string;
      extensions: Record<string, unknown>;
    };
    return { message, code: extensions['code'], argument: extensions['argument'] };
  }
  throw new Error('it was taken');
}
