import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { CollectionRef } from '../../subgraphs/store.ts';
import { cleared, isOutdated, otherTableMs, raised, type Floors } from './floors.ts';
import { collectionTag } from './key.ts';
import type { Clock } from './lifetime.ts';
import type { SharedTier } from './shared-tier.ts';

/** Where there is no Redis: floors of this process alone, and no entries besides those in memory. */
export function createLoneTier(clock: Clock = performance): SharedTier {
  // Those that are forgotten are missing, which lets nothing through.
  const floors = new LRUCache<string, Floors>({
    max: collectionsMax,
    ttlResolution: 0,
    perf: clock,
  });
  const floorsOf = (ref: CollectionRef): Floors | null => floors.get(collectionTag(ref)) ?? null;

  return {
    read: async (ref) => ({ bytes: null, floors: floorsOf(ref) }),
    write: async () => true,
    async raise(ref, seen) {
      const before = floorsOf(ref);
      if (before && isOutdated(seen, before)) return false;
      const now = raised(before, seen, clock.now());
      floors.set(collectionTag(ref), now, { ttl: now.floors.size === 0 ? otherTableMs : 0 });
      return true;
    },
    lease: async () => 'won',
    release: async () => {},
    async clear(ref) {
      floors.set(collectionTag(ref), cleared(floorsOf(ref), randomUUID()));
      return true;
    },
    isResting: false,
    close() {},
  };
}

const collectionsMax = 10_000;
