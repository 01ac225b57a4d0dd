import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { CollectionRef } from '../../subgraphs/store.ts';
import { cleared, isOutdated, raised, type Floors } from './floors.ts';
import { collectionTag } from './key.ts';
import type { SharedTier } from './shared-tier.ts';

/** Where there is no Redis: floors of this process alone, and no entries besides those in memory. */
export function createLoneTier(): SharedTier {
  // Those that are forgotten are missing, which lets nothing through.
  const floors = new LRUCache<string, Floors>({ max: collectionsMax });
  const floorsOf = (ref: CollectionRef): Floors | null => floors.get(collectionTag(ref)) ?? null;

  return {
    read: async (ref) => ({ bytes: null, floors: floorsOf(ref) }),
    write: async () => true,
    async raise(ref, seen) {
      const before = floorsOf(ref);
      floors.set(collectionTag(ref), raised(before, seen, performance.now()));
      return !before || !isOutdated(seen, before);
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
