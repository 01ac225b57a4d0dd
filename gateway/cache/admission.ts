import { LRUCache } from 'lru-cache';
import type { Clock } from './lifetime.ts';

export interface AdmissionOptions {
  /** The sighting from which on a search is kept. */
  readonly admitAfter: number;
  readonly windowMs: number;
  /** Searches that are remembered, about 150 bytes each. */
  readonly keysMax: number;
  readonly clock?: Clock;
}

/**
 * Which searches are worth an entry: those that are seen `admitAfter` times in a window, which
 * begins with the first. A key that was seen less often is never admitted; one that was is turned
 * away only if `keysMax` others came in between, and is then not hot.
 */
export function createAdmission(options: AdmissionOptions) {
  const { admitAfter, windowMs, keysMax, clock = performance } = options;
  const sightings = new LRUCache<string, number>({
    max: keysMax,
    ttl: windowMs,
    ttlResolution: 0,
    perf: clock,
  });
  return {
    /** Count a sighting. */
    isAdmitted(key: string): boolean {
      const count = (sightings.get(key) ?? 0) + 1;
      sightings.set(key, count, { noUpdateTTL: true });
      return count >= admitAfter;
    },
    /** Not until the window of its first sighting is over: it turned out not to be worth one. */
    refuse: (key: string): void => void sightings.set(key, -Infinity, { noUpdateTTL: true }),
  };
}

export type Admission = ReturnType<typeof createAdmission>;
