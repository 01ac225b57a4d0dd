import { slotCount } from '../../../schema/key.ts';
import type { SlotSet } from '../../../schema/placement.ts';

/** `slotOf` of schema/key.ts. */
export function slotText(key: string, level = 0): string {
  const byte = (i: number): string =>
    `get_byte(decode(md5(${key}), 'hex'), ${Math.trunc(2 * level + i)})`;
  return `(((${byte(0)} << 8) | ${byte(1)}) & ${slotCount - 1})`;
}

/** The ranges are in the text: they are few, and the same in each search of a shard. */
export function inSlots(key: string, { level, ranges }: SlotSet): string {
  const slot = slotText(key, level);
  const within = ranges.map(
    ([from, to]) => `${slot} between ${Math.trunc(from)} and ${Math.trunc(to)}`,
  );
  return within.length > 0 ? `(${within.join(' or ')})` : 'false';
}
