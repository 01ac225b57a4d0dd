import type { Filter, Json, JsonObject } from '../../../schema/filter.ts';
import { matches } from '../../support/filter-reference.ts';
import { during, scanIn } from '../../support/store-calls.ts';
import { fill, openPod, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

/** Repeatable: the seed is in the name of the test that fails. */
function createRandom(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  return (choices) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return choices[Math.floor((state / 2 ** 32) * choices.length)]!;
  };
}

type Pick = ReturnType<typeof createRandom>;

const scalars = [
  0,
  1,
  2,
  5,
  -0.5,
  1e21,
  '',
  '1',
  '5',
  'a',
  'B',
  'ä',
  '\u{1f600}',
  '\uff5e',
  "'",
  '"\\',
  true,
  false,
  null,
];
const lists = [[], ['a'], ['a', 'b'], [1, [2]], ['0'], [null], [{ a: 1 }], ['a', ['b']]];
const objects = [{}, { a: 1 }, { a: 1, b: [1] }, { '0': 'a' }, { b: { a: 'a' } }];
const values: readonly Json[] = [...scalars, ...lists, ...objects];
const keys = ['a', 'b', '0', 'a.b', 'a"b', "it's", '$1', ''];

const randomMetadata = (pick: Pick): JsonObject =>
  Object.fromEntries(
    [1, 2, 3].flatMap(() => (pick([0, 1, 1]) ? [[pick(keys), pick(values)]] : [])),
  );

function randomFilter(pick: Pick, depth: number): Filter {
  const path = pick([1, 1, 2]) === 1 ? [pick(keys)] : [pick(keys), pick(keys)];
  const some = [pick(scalars), pick(scalars)];
  const parts = () => [randomFilter(pick, depth - 1), randomFilter(pick, depth - 1)];
  const simple: readonly (() => Filter)[] = [
    () => ({ kind: pick(['eq', 'ne'] as const), path, value: pick(values) }),
    () => ({
      kind: pick(['lt', 'lte', 'gt', 'gte'] as const),
      path,
      value: pick(scalars.filter((v): v is string | number => /^[sn]/.test(typeof v))),
    }),
    () => ({ kind: pick(['in', 'nin'] as const), path, values: some }),
    () => ({ kind: 'exists', path, value: pick([true, false]) }),
    () => ({
      kind: 'any',
      path,
      part: pick<Filter>([
        { kind: 'eq', path: [], value: pick(values) },
        { kind: 'in', path: [], values: some },
        { kind: 'gt', path: [], value: pick([0, 'a']) },
      ]),
    }),
    () => ({ kind: 'contains', path, values: some.slice(pick([0, 1])) }),
  ];
  const joined: readonly (() => Filter)[] = [
    () => ({ kind: pick(['and', 'or'] as const), parts: parts() }),
    () => ({ kind: 'not', part: randomFilter(pick, depth - 1) }),
  ];
  return pick(depth > 0 ? [...simple, ...joined, ...joined] : simple)();
}

const keysMatching = (collection: string, filter: Filter) =>
  during(async (call) => {
    const query = scanIn(pod.bucket, collection, { filter });
    const { records } = await pod.store.scan(query, call);
    return records.map(({ key }) => key);
  });

describe('random filters mean in SQL what they mean in JavaScript', () => {
  const pick = createRandom(7);
  const records = Array.from({ length: 300 }, (_, i) => ({
    key: String(i).padStart(3, '0'),
    vector: [i],
    metadata: randomMetadata(pick),
  }));
  beforeAll(() => fill(pod, specOf(pod, 'random', { dimension: 1 }), records));

  test.each([1, 2, 3, 4])('seed %i', async (seed) => {
    const choose = createRandom(seed);
    for (let i = 0; i < 100; i++) {
      const filter = randomFilter(choose, 3);
      const expected = records.filter(({ metadata }) => matches(filter, metadata));
      expect({ filter, keys: await keysMatching('random', filter) }).toEqual({
        filter,
        keys: expected.map(({ key }) => key),
      });
    }
  });
});

describe('the corners of the comparison', () => {
  const metadata = {
    list: { tags: ['a', 'b'] },
    one: { tags: ['a'] },
    text: { tags: 'a' },
    nothing: { tags: null },
    empty: {},
    five: { n: 5 },
    fiveText: { n: '5' },
    deep: { author: { name: 'Ada', tags: ['x'] } },
    dotted: { 'author.name': 'Ada' },
  } as const satisfies Record<string, JsonObject>;

  beforeAll(() =>
    fill(
      pod,
      specOf(pod, 'corners', { dimension: 1 }),
      Object.entries(metadata).map(([key, value]) => ({ key, vector: [1], metadata: value })),
    ),
  );

  const cases: readonly (readonly [string, Filter, readonly string[]])[] = [
    ['equality does not look inside a list', { kind: 'eq', path: ['tags'], value: 'a' }, ['text']],
    ['a list equals only the same list', { kind: 'eq', path: ['tags'], value: ['a'] }, ['one']],
    ['null is a value', { kind: 'eq', path: ['tags'], value: null }, ['nothing']],
    ['5 equals 5.0 and not "5"', { kind: 'eq', path: ['n'], value: 5.0 }, ['five']],
    ['a missing key is not unequal', { kind: 'ne', path: ['n'], value: 5 }, ['fiveText']],
    [
      'a missing key is not "not in"',
      { kind: 'nin', path: ['n'], values: [1] },
      ['five', 'fiveText'],
    ],
    ['greater sees its own type only', { kind: 'gt', path: ['n'], value: 1 }, ['five']],
    ['a dot is a dot', { kind: 'eq', path: ['author.name'], value: 'Ada' }, ['dotted']],
    ['a path goes down', { kind: 'eq', path: ['author', 'name'], value: 'Ada' }, ['deep']],
    ['a number is no place in a list', { kind: 'exists', path: ['tags', '0'], value: true }, []],
    [
      'a list contains all of these',
      { kind: 'contains', path: ['tags'], values: ['b', 'a'] },
      ['list'],
    ],
    ['a list down a path', { kind: 'contains', path: ['author', 'tags'], values: ['x'] }, ['deep']],
    [
      'more values than are indexed',
      { kind: 'in', path: ['n'], values: Array.from({ length: 1_000 }, (_, i) => i) },
      ['five'],
    ],
  ];

  test.each(cases)('%s', async (_, filter, expected) => {
    expect(await keysMatching('corners', filter)).toEqual([...expected].sort());
  });
});
