import { settle, type Row } from '../../gateway/sharded/settle.ts';
import { spreadSlots, type PlacementState } from '../../schema/placement.ts';

/** `pod` holds version `version` of the collection `uid`, which lives on `members`. */
const row = (
  pod: string,
  uid: string,
  version: number,
  state: PlacementState,
  members = ['a', 'b'],
  ended?: readonly string[],
): Row => ({
  pod,
  collection: {
    bucket: 'vecs',
    collection: 'x',
    dimension: 2,
    metric: 'L2',
    elementType: 'FLOAT32',
    nonFilterableKeys: [],
    createdAt: null,
    placement: { uid, version, state, slots: spreadSlots(members), ...(ended && { ended }) },
  },
});

const summary = (rows: readonly Row[]) => {
  const { collection, superseded } = settle(rows);
  const { uid, version, state } = collection?.placement ?? {};
  return [uid, version, state, superseded.map(({ pod }) => pod)];
};

test.each([
  ['nothing is known', [], [undefined, undefined, undefined, []]],
  [
    'a collection whole',
    [row('a', 'u', 1, 'active'), row('b', 'u', 1, 'active')],
    ['u', 1, 'active', []],
  ],
  [
    'a creation under way',
    [row('a', 'u', 1, 'creating'), row('b', 'u', 1, 'creating')],
    ['u', 1, 'creating', []],
  ],
  [
    'a creation before the first member decides',
    [row('a', 'u', 1, 'creating'), row('b', 'u', 1, 'active')],
    ['u', 1, 'creating', []],
  ],
  ['the first member silent', [row('b', 'u', 1, 'active')], ['u', 1, 'active', []]],
  [
    'a deletion without b',
    [row('a', 'u', 2, 'dropped'), row('b', 'u', 1, 'active')],
    ['u', 2, 'dropped', ['b']],
  ],
  [
    'a deletion and a new creation without b',
    [row('a', 'v', 3, 'active', ['a']), row('b', 'u', 1, 'active')],
    ['v', 3, 'active', ['b']],
  ],
  [
    'a deletion, and a new creation that knows of it, without b',
    [row('a', 'v', 1, 'active', ['a'], ['t', 'u']), row('b', 'u', 1, 'active')],
    ['v', 1, 'active', ['b']],
  ],
  [
    'a member that lost its disk, and was then used for a collection of its own, deleted by now',
    [row('a', 'v', 4, 'dropped', ['a'], ['t']), row('b', 'u', 1, 'active')],
    ['u', 1, 'active', []],
  ],
  [
    'another collection of the name, of which b never heard, deleted: that of b stands',
    [row('a', 'v', 2, 'dropped', ['a']), row('b', 'u', 1, 'active', ['b'])],
    ['u', 1, 'active', []],
  ],
  [
    'a member behind the others',
    [row('a', 'u', 2, 'active'), row('b', 'u', 1, 'active')],
    ['u', 2, 'active', []],
  ],
])('%s', (_, rows, expected) => {
  expect(summary(rows)).toEqual(expected);
  expect(summary(rows.toReversed())).toEqual(expected);
});
