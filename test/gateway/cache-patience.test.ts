import { createPatience, type Patience } from '../../gateway/cache/patience.ts';
import type { SearchAnswer, VectorStore } from '../../subgraphs/store.ts';
import { during, searchIn } from '../support/store-calls.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

type Searched = Pick<VectorStore, 'search'>;

const nothing: SearchAnswer = { matches: [], hasMore: false, shards: [], placementVersion: 1 };

/** Searches that take so long, one after the other. */
async function search(patience: Patience, tookMs: number, times: number): Promise<void> {
  const store = patience.timed<Searched>({
    async search() {
      jest.advanceTimersByTime(tookMs);
      return nothing;
    },
  });
  for (let i = 0; i < times; i++) {
    await during((call) => store.search(searchIn('vecs', 'docs'), call));
  }
}

test.each([
  [1, 2],
  [10, 2],
  [50, 10],
  [125, 25],
  [900, 25],
])('while searches take %d ms, Redis is waited for %d', async (tookMs, readMsMax) => {
  const patience = createPatience();
  await search(patience, tookMs, 500);

  expect(patience.readMsMax / readMsMax).toBeGreaterThan(0.99);
  expect(patience.readMsMax / readMsMax).toBeLessThan(1.2);
});

test('what counts is how long the slow ones take, of which one in twenty is', async () => {
  const patience = createPatience();
  for (let turn = 0; turn < 100; turn++) {
    await search(patience, 5, 9);
    await search(patience, 50, 1);
  }
  expect(patience.readMsMax).toBeGreaterThan(8);

  for (let turn = 0; turn < 100; turn++) {
    await search(patience, 5, 49);
    await search(patience, 50, 1);
  }
  expect(patience.readMsMax).toBeLessThan(2.5);
});

test('one slow search makes nobody patient', async () => {
  const patience = createPatience();
  await search(patience, 5, 500);
  expect(patience.readMsMax).toBe(2);
  await search(patience, 100, 1);

  expect(patience.readMsMax).toBeLessThan(2.5);
});

test('before the first search it waits as long as it ever does', () => {
  expect(createPatience().readMsMax).toBe(25);
});

test('a search that fails is not counted, and fails', async () => {
  const patience = createPatience();
  const store = patience.timed<Searched>({
    async search() {
      throw new Error('gone');
    },
  });

  await expect(during((call) => store.search(searchIn('vecs', 'docs'), call))).rejects.toThrow(
    'gone',
  );
  expect(patience.readMsMax).toBe(25);
});
