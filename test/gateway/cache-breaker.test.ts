import { createBreaker, type Breaker } from '../../gateway/cache/breaker.ts';

const pauseMs = 1_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A breaker of something that answers its probes as `well` says. */
function breakerOf(well: boolean) {
  const other = { well, probeCount: 0 };
  const probe = async (): Promise<boolean> => {
    other.probeCount += 1;
    return other.well;
  };
  return { other, breaker: createBreaker({ probe, pauseMs }) };
}

const report = (breaker: Breaker, went: 'well' | 'badly', times: number): void => {
  for (let i = 0; i < times; i++) breaker.begin()(went);
};

test('opens after four bad requests in a row', () => {
  const { breaker } = breakerOf(false);
  report(breaker, 'well', 100);
  report(breaker, 'badly', 3);
  expect(breaker.isOpen).toBe(false);
  report(breaker, 'badly', 1);

  expect(breaker.isOpen).toBe(true);
  breaker.close();
});

/** So many begin together, of which the first go badly. */
function meet(breaker: Breaker, requests: number, badCount: number): void {
  const reports = Array.from({ length: requests }, () => breaker.begin());
  reports.forEach((tell, i) => tell(i < badCount ? 'badly' : 'well'));
}

test('opens after four bad moments in a row, however many requests met in each', () => {
  const { breaker } = breakerOf(false);
  for (let moment = 1; moment <= 4; moment++) {
    expect(breaker.isOpen).toBe(false);
    meet(breaker, 50, 50);
  }
  expect(breaker.isOpen).toBe(true);
  breaker.close();
});

test.each([
  ['stays closed where one of sixteen that meet goes badly', 1, false],
  ['opens where half of those that meet go badly', 8, true],
])('%s', (_, badCount, isOpen) => {
  const { breaker } = breakerOf(false);
  for (let round = 0; round < 100; round++) meet(breaker, 16, badCount);

  expect(breaker.isOpen).toBe(isOpen);
  breaker.close();
});

test('stays closed where a bad moment comes from time to time', () => {
  const { breaker } = breakerOf(false);
  for (let round = 0; round < 100; round++) {
    meet(breaker, 16, 16);
    for (let i = 0; i < 4; i++) meet(breaker, 16, 0);
  }
  expect(breaker.isOpen).toBe(false);
  breaker.close();
});

test.each([
  ['stays closed though one in ten goes badly', 10, false],
  ['opens though every second goes well', 2, true],
])('%s', (_, every, isOpen) => {
  const { breaker } = breakerOf(false);
  for (let i = 1; i <= 1_000; i++) breaker.begin()(i % every === 0 ? 'badly' : 'well');

  expect(breaker.isOpen).toBe(isOpen);
  breaker.close();
});

test('probes after each pause, and closes by itself when a probe goes well', async () => {
  const { breaker, other } = breakerOf(false);
  report(breaker, 'badly', 4);
  await jest.advanceTimersByTimeAsync(pauseMs - 1);
  expect(other.probeCount).toBe(0);

  await jest.advanceTimersByTimeAsync(2 * pauseMs + 1);
  expect(other.probeCount).toBe(3);
  expect(breaker.isOpen).toBe(true);

  other.well = true;
  await jest.advanceTimersByTimeAsync(pauseMs);
  expect(breaker.isOpen).toBe(false);
  report(breaker, 'badly', 3);
  expect(breaker.isOpen).toBe(false);
  await jest.advanceTimersByTimeAsync(10 * pauseMs);
  expect(other.probeCount).toBe(4);
});

test('a good answer from before it opened does not close it', () => {
  const { breaker } = breakerOf(false);
  report(breaker, 'badly', 4);
  report(breaker, 'well', 100);

  expect(breaker.isOpen).toBe(true);
  breaker.close();
});

test('closed for good, it probes no more', async () => {
  const { breaker, other } = breakerOf(false);
  report(breaker, 'badly', 4);
  await jest.advanceTimersByTimeAsync(pauseMs);
  breaker.close();
  await jest.advanceTimersByTimeAsync(10 * pauseMs);

  expect(other.probeCount).toBe(1);
  expect(jest.getTimerCount()).toBe(0);
});
