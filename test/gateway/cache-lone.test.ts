import { otherTableMs, type Seen } from '../../gateway/cache/floors.ts';
import { createLoneTier } from '../../gateway/cache/lone-tier.ts';
import { ref } from '../support/redis-tier.ts';

const seen = (placementVersion: number, count?: number): Seen => ({
  placementVersion,
  changes: new Map(count === undefined ? [] : [['pod-a', { table: 't', count }]]),
});

test('a writer under an older placement is told that it did not raise the floors', async () => {
  const tier = createLoneTier();

  expect(await tier.raise(ref, seen(2, 5))).toBe(true);
  expect(await tier.raise(ref, seen(1, 9))).toBe(false);
  expect((await tier.read(ref, null))!.floors).toMatchObject({ placementVersion: 2 });
});

test('the floors of what was dropped make room for a table in its place', async () => {
  let now = 1_000;
  const tier = createLoneTier({ now: () => now });
  await tier.raise(ref, seen(1, 5));
  await tier.raise(ref, seen(2));
  now += otherTableMs - 1;
  expect(await tier.raise(ref, seen(0, 1))).toBe(false);
  now += 2;

  expect(await tier.raise(ref, seen(0, 1))).toBe(true);
  now += 10 * otherTableMs;
  expect((await tier.read(ref, null))!.floors).toMatchObject({ placementVersion: 0 });
});
