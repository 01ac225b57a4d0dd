import { figuresOf } from '../../gateway/cli/import/meter.ts';

const first = { rows: 0, rejected: 0, share: 0 };

test.each([
  [{ rows: 0, rejected: 0, share: 0 }, first, 0, '0 %, 0 rows, 0 rows/s, ? left'],
  [{ rows: 5_000, rejected: 0, share: 0.25 }, first, 10, '25 %, 5,000 rows, 500 rows/s, 30 s left'],
  [
    { rows: 1_234_567, rejected: 3, share: 0.5 },
    first,
    100,
    '50 %, 1,234,567 rows, 12,346 rows/s, 1 min 40 s left, 3 rejected',
  ],
  // What an earlier run did says nothing of how fast this one is.
  [
    { rows: 3_000, rejected: 0, share: 0.75 },
    { rows: 2_000, rejected: 0, share: 0.5 },
    5,
    '75 %, 3,000 rows, 200 rows/s, 5 s left',
  ],
  [
    { rows: 5_000, rejected: 0, share: 0.25, waiting: 'Pod "pod-b" is down.' },
    first,
    10,
    '25 %, 5,000 rows, 500 rows/s, waiting: Pod "pod-b" is down.',
  ],
  [{ rows: 10, rejected: 0, share: null }, { ...first, share: null }, 2, '10 rows, 5 rows/s'],
])('the figures of %j since %j in %d s', (now, before, seconds, figures) => {
  expect(figuresOf(now, before, seconds)).toBe(figures);
});
