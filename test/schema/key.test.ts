import { createHash } from 'node:crypto';
import { compareBytes, slotCount, slotOf } from '../../schema/key.ts';

// md5: d41d8cd98f…, 0cc175b9c0…, 900150983c…, cfcd208495…
test.each([
  ['', 0xd41d & 1023],
  ['a', 0x0cc1 & 1023],
  ['abc', 0x9001 & 1023],
  ['0', 0xcfcd & 1023],
])('the slot of %j is %i', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});

test('a slot is that of the key in UTF-8, as PostgreSQL computes it', () => {
  const md5 = createHash('md5').update(Buffer.from('ключ 📚', 'utf8')).digest();
  expect(slotOf('ключ 📚')).toBe(((md5[0]! << 8) | md5[1]!) & 1023);
});

test('slots spread keys evenly', () => {
  const slots = Array.from({ length: 10_000 }, (_, i) => slotOf(`key-${i}`));
  expect(new Set(slots).size).toBe(slotCount);
  expect(slots.every((slot) => slot >= 0 && slot < slotCount)).toBe(true);
});

/** Of characters whose order in UTF-8 and in UTF-16 differs, so that many share a beginning. */
const alphabet = ['', 'a', 'b', 'é', '\u07FF', '\uD7FF', '\uE000', '\uFFFD', '😀', '\u{10FFFF}'];

test('compareBytes orders as the bytes of UTF-8 do', () => {
  const texts = Array.from({ length: 1_000 }, (_, i) => {
    const digits = [i % 10, Math.floor(i / 10) % 10, Math.floor(i / 100)];
    return digits.map((digit) => alphabet[digit]).join('');
  });
  for (let i = 0; i < 20_000; i++) {
    const [a, b] = [texts[(i * 7919) % 1_000]!, texts[((i * 104_729 + i / 1_000) % 1_000) | 0]!];
    expect([a, b, Math.sign(compareBytes(a, b))]).toEqual([
      a,
      b,
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    ]);
  }
});
