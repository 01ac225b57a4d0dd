import { hasCopies, mergeInOrder, mergeNearest } from '../../gateway/merge.ts';

const part = (pod: string, items: readonly (readonly [string, number])[], hasMore = false) => ({
  pod,
  items: items.map(([key, distance]) => ({ key, distance })),
  hasMore,
});

const noOwner = (): never => {
  throw new Error('asked whether a key counts that came once');
};

test('the nearest of all pods come first, and equal distances in the order of the key bytes', () => {
  const { items } = mergeNearest(
    [
      part('a', [
        ['é', 1],
        ['z', 3],
      ]),
      part('b', [
        ['😀', 1],
        ['Z', 1],
      ]),
      part('c', [
        ['\uFFFD', 1],
        ['a', 1],
      ]),
    ],
    5,
    noOwner,
  );

  expect(items.map(({ key }) => key)).toEqual(['Z', 'a', 'é', '\uFFFD', '😀']);
});

test('there is more when a pod has more, or when more came than was wanted', () => {
  const two = [part('a', [['x', 1]]), part('b', [['y', 2]])];

  expect(mergeNearest(two, 2, noOwner).hasMore).toBe(false);
  expect(mergeNearest(two, 1, noOwner).hasMore).toBe(true);
  expect(mergeNearest([...two, part('c', [], true)], 2, noOwner).hasMore).toBe(true);
});

test('of a key on two pods the nearer counts, and of two at one distance the record of its owner', () => {
  const parts = [
    part('a', [
      ['x', 1],
      ['y', 5],
    ]),
    part('b', [
      ['x', 2],
      ['y', 5],
    ]),
  ];

  const { items } = mergeNearest(parts, 3, (pod) => pod === 'b');

  expect(items).toEqual([parts[0]!.items[0], parts[1]!.items[1]]);
  expect(items[1]).toBe(parts[1]!.items[1]);
});

test('a page has copies when a match of it did not come from its owner', () => {
  const parts = [part('a', [['x', 1]]), part('b', [['y', 2]])];
  const page = parts.flatMap(({ items }) => items);

  expect(hasCopies(page, parts, (pod, key) => pod === (key === 'x' ? 'a' : 'b'))).toBe(false);
  expect(hasCopies(page, parts, (pod) => pod === 'a')).toBe(true);
  expect(hasCopies(page.slice(0, 1), parts, (pod) => pod === 'a')).toBe(false);
});

const byNumber = (a: { readonly distance: number }, b: typeof a): number => a.distance - b.distance;

/** As `part`, of a pod that may have more. */
const ordered = (...args: Parameters<typeof part>) => {
  const made = part(...args);
  return { ...made, end: made.hasMore ? made.items.at(-1) : undefined };
};

test('a scan is merged in its order, up to where a pod may have more', () => {
  const parts = [
    ordered('a', [
      ['b', 1],
      ['d', 4],
    ]),
    ordered(
      'b',
      [
        ['a', 0],
        ['c', 2],
      ],
      true,
    ),
  ];

  const few = mergeInOrder(parts, 2, noOwner, byNumber);
  expect(few).toMatchObject({ items: [{ key: 'a' }, { key: 'b' }], hasMore: true });
  const many = mergeInOrder(parts, 9, noOwner, byNumber);
  expect(many.items.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  expect(many).toMatchObject({ hasMore: true, end: { key: 'c' } });
});

test('where no pod has more a scan is merged to its end', () => {
  const parts = [ordered('a', [['b', 1]]), ordered('b', [['a', 2]])];

  expect(mergeInOrder(parts, 2, noOwner, byNumber)).toEqual({
    items: [
      { key: 'b', distance: 1 },
      { key: 'a', distance: 2 },
    ],
    hasMore: false,
    end: undefined,
  });
});
