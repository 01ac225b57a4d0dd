/** In milliseconds, of any beginning. */
export interface Clock {
  now(): number;
}

/** Up to a tenth shorter, so that what was filled together does not expire together. */
export const jitteredMs = (ttlMs: number, random: () => number = Math.random): number =>
  Math.ceil(ttlMs * (1 - 0.1 * random()));
