import { LRUCache } from 'lru-cache';
import { jitteredMs, type Clock } from './lifetime.ts';

export interface MemoryTierOptions {
  readonly bytesMax: number;
  readonly entryBytesMax: number;
  readonly ttlMs: number;
  readonly clock?: Clock;
}

/**
 * Encoded entries in this process, those used last, by the keys of their collections and searches.
 * They are kept as bytes: what is served was never in another caller's hands, and the bound is the
 * memory's own. Whether an entry is still right is not known here: floors tell.
 */
export function createMemoryTier(options: MemoryTierOptions) {
  const { bytesMax, entryBytesMax, ttlMs, clock = performance } = options;
  const sizeMax = Math.min(bytesMax, entryBytesMax);
  const entries = new LRUCache<string, Buffer>({
    maxSize: Math.max(1, bytesMax),
    ttl: ttlMs,
    ttlResolution: 0,
    perf: clock,
  });

  return {
    get: (key: string): Buffer | undefined => entries.get(key),
    /**
     * Whether it was kept; where it is too large, what the key had before stays. What is `ageMs`
     * old, as it comes from another gateway, lives shorter by that.
     */
    set(key: string, bytes: Buffer, ageMs = 0): boolean {
      const size = bytes.length + 2 * key.length + overheadBytes;
      const ttl = jitteredMs(ttlMs) - Math.max(0, ageMs);
      if (size > sizeMax || ttl <= 0) return false;
      // A copy, for what came from a socket is a piece of a larger buffer and would keep all of it.
      const own = Buffer.alloc(bytes.length);
      bytes.copy(own);
      entries.set(key, own, { ttl, size });
      return true;
    },
    get bytes(): number {
      return entries.calculatedSize;
    },
    get size(): number {
      return entries.size;
    },
  };
}

export type MemoryTier = ReturnType<typeof createMemoryTier>;

/** What an entry costs besides its bytes and key. */
const overheadBytes = 200;
