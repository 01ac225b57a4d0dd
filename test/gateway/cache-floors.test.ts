import {
  floorsText,
  isAtLeast,
  otherTableMs,
  raised,
  readFloors,
  type Floors,
  type Seen,
} from '../../gateway/cache/floors.ts';

const seen = (
  changes: Readonly<Record<string, readonly [table: string, count: number]>>,
  placementVersion = 1,
): Seen => ({
  placementVersion,
  changes: new Map(Object.entries(changes).map(([pod, [table, count]]) => [pod, { table, count }])),
});

const floorsOf = (...raises: readonly Seen[]): Floors | null =>
  raises.reduce<Floors | null>((floors, raise) => raised(floors, raise, 0), null);

const entry = seen({ a: ['t', 5], b: ['t', 7] });

describe('an entry is served', () => {
  test('when it has seen as much on each pod', () => {
    expect(isAtLeast(entry, floorsOf(seen({ a: ['t', 5], b: ['t', 3] })))).toBe(true);
  });

  test.each<[string, Floors | null]>([
    ['one pod has moved on', floorsOf(seen({ a: ['t', 5], b: ['t', 8] }))],
    ['a floor is missing', floorsOf(seen({ a: ['t', 5] }))],
    ['all floors are', null],
    ['a pod has a floor that it knows nothing of', floorsOf(entry, seen({ c: ['t', 0] }))],
    ['the table is another one', floorsOf(seen({ a: ['t', 5], b: ['u', 1] }))],
    ['the table may be another one', floorsOf(entry, seen({ b: ['u', 1] }))],
    ['the placement is newer', floorsOf(seen({ a: ['t', 5], b: ['t', 7] }, 2))],
    ['the placement is older', floorsOf(seen({ a: ['t', 5], b: ['t', 7] }, 0))],
  ])('but not when %s', (_, floors) => {
    expect(isAtLeast(entry, floors)).toBe(false);
  });
});

describe('floors', () => {
  test('never fall, in whatever order the raises come', () => {
    const floors = floorsOf(seen({ a: ['t', 5] }), seen({ a: ['t', 3] }), seen({ b: ['t', 1] }));

    expect(isAtLeast(seen({ a: ['t', 5], b: ['t', 1] }), floors)).toBe(true);
    expect(isAtLeast(seen({ a: ['t', 4], b: ['t', 1] }), floors)).toBe(false);
  });

  test('of an older placement are void, and do not come back', () => {
    const newer = seen({ c: ['t', 1] }, 2);

    expect(isAtLeast(newer, floorsOf(entry, newer))).toBe(true);
    expect(isAtLeast(newer, floorsOf(newer, entry))).toBe(true);
  });

  test('are void too when a collection is dropped, which has a version and no counts', () => {
    const dropped = seen({}, 2);

    expect(isAtLeast(entry, floorsOf(entry, dropped))).toBe(false);
    expect(isAtLeast(entry, floorsOf(dropped, entry))).toBe(false);
  });

  test('of two tables stand side by side until the older one has been silent for long', () => {
    const other = seen({ a: ['u', 1], b: ['t', 7] });
    const both = raised(raised(null, entry, 0), other, 1);
    const early = raised(both, other, otherTableMs - 1);
    const late = raised(both, other, otherTableMs);

    expect([both, early, late].map((floors) => isAtLeast(other, floors))).toEqual([
      false,
      false,
      true,
    ]);
    expect(isAtLeast(entry, late)).toBe(false);
  });
});

test('the text of floors says what they let through, and not when they were raised', () => {
  const twice = raised(floorsOf(seen({ b: ['t', 7] }), seen({ a: ['t', 5] })), entry, 99);

  expect(floorsText(twice)).toBe(floorsText(floorsOf(entry)));
  expect(floorsText(raised(twice, seen({ a: ['t', 6] }), 99))).not.toBe(floorsText(twice));
  expect(floorsText(raised(twice, seen({ a: ['u', 5] }), 99))).not.toBe(floorsText(twice));
  expect(floorsText(null)).not.toBe(floorsText(floorsOf(seen({}))));
});

test.each([
  '',
  'null',
  '5',
  '[]',
  '{}',
  '{"floors":{"a":5}}',
  '\0',
  '{"floors":',
  '{"placementVersion":1,"generation":"","floors":{"a":[null],"b":[null]}}',
  '{"placementVersion":1,"generation":"","floors":{"a":[{"table":"t"}],"b":[{"table":"t"}]}}',
])('floors that are none of ours are missing: %j', (text) => {
  const floors = readFloors(Buffer.from(text));

  expect(isAtLeast(entry, floors)).toBe(false);
});
