import { createAdmission } from '../../gateway/cache/admission.ts';
import { jitteredMs } from '../../gateway/cache/lifetime.ts';
import { createMemoryTier } from '../../gateway/cache/memory-tier.ts';

/** A clock that stands until the test moves it. */
function createClock() {
  let nowMs = 1_000;
  return { now: () => nowMs, advance: (ms: number) => void (nowMs += ms) };
}

describe('the tier in memory', () => {
  const options = { bytesMax: 10_000, entryBytesMax: 4_000, ttlMs: 1_000 };

  test('gives what was put in', () => {
    const tier = createMemoryTier(options);

    expect(tier.set('one', Buffer.from('1'))).toBe(true);
    expect(tier.get('one')).toEqual(Buffer.from('1'));
    expect(tier.get('two')).toBeUndefined();
  });

  test('holds so many bytes and no more, of what was used last', () => {
    const tier = createMemoryTier(options);
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    for (const key of keys) {
      tier.set(key, Buffer.alloc(1_000));
      tier.get('key 0');
    }

    expect(tier.bytes).toBeLessThanOrEqual(options.bytesMax);
    expect(tier.size).toBe(8);
    expect(tier.get('key 0')).toBeDefined();
    expect(tier.get('key 1')).toBeUndefined();
    expect(tier.get('key 19')).toBeDefined();
  });

  test('refuses what is too large, and keeps what it had', () => {
    const tier = createMemoryTier(options);
    tier.set('one', Buffer.alloc(10));

    expect(tier.set('one', Buffer.alloc(4_000))).toBe(false);
    expect(tier.get('one')).toHaveLength(10);
  });

  test('with no bytes holds nothing', () => {
    const tier = createMemoryTier({ ...options, bytesMax: 0 });

    expect(tier.set('one', Buffer.alloc(1))).toBe(false);
    expect(tier.get('one')).toBeUndefined();
  });

  test('keeps nothing of the buffer that an entry is a piece of', () => {
    const tier = createMemoryTier(options);
    tier.set('one', Buffer.alloc(65_536).subarray(0, 100));

    expect(tier.get('one')!.buffer.byteLength).toBe(100);
  });

  test('forgets in time', () => {
    const clock = createClock();
    const tier = createMemoryTier({ ...options, clock });
    tier.set('one', Buffer.alloc(1));

    clock.advance(899);
    expect(tier.get('one')).toBeDefined();
    clock.advance(102);
    expect(tier.get('one')).toBeUndefined();
  });

  test('forgets what was old when it came so much earlier', () => {
    const clock = createClock();
    const tier = createMemoryTier({ ...options, clock });

    expect(tier.set('old', Buffer.alloc(1), 1_000)).toBe(false);
    expect(tier.set('one', Buffer.alloc(1), 500)).toBe(true);
    clock.advance(501);
    expect(tier.get('one')).toBeUndefined();
  });
});

test('what was filled together lives for up to a tenth less than the rest', () => {
  expect([0, 0.5, 0.999_999].map((random) => jitteredMs(1_000, () => random))).toEqual([
    1_000, 950, 901,
  ]);
});

describe('a search is admitted', () => {
  const options = { admitAfter: 2, windowMs: 1_000, keysMax: 100 };

  test('the second time that it is seen', () => {
    const admission = createAdmission(options);

    const admitted = ['a', 'b', 'a', 'a', 'b'].map((key) => admission.isAdmitted(key));

    expect(admitted).toEqual([false, false, true, true, true]);
  });

  test('at once, when that is wanted', () => {
    expect(createAdmission({ ...options, admitAfter: 1 }).isAdmitted('a')).toBe(true);
  });

  test('when both times are in one window, which begins with the first', () => {
    const clock = createClock();
    const admission = createAdmission({ ...options, admitAfter: 3, clock });

    expect(admission.isAdmitted('a')).toBe(false);
    clock.advance(999);
    expect(admission.isAdmitted('a')).toBe(false);
    clock.advance(2);
    expect(admission.isAdmitted('a')).toBe(false);
    expect(admission.isAdmitted('a')).toBe(false);
    expect(admission.isAdmitted('a')).toBe(true);
  });

  test('though many others were seen, but not though all others were', () => {
    const admission = createAdmission(options);
    admission.isAdmitted('a');
    admission.isAdmitted('b');
    for (let i = 0; i < 98; i++) admission.isAdmitted(`once ${i}`);

    expect(admission.isAdmitted('a')).toBe(true);
    for (let i = 0; i < 100; i++) admission.isAdmitted(`other ${i}`);
    expect(admission.isAdmitted('b')).toBe(false);
  });
});
