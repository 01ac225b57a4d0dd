import type { Call } from './call.ts';
import type { CollectionRef } from './store.ts';

/** What those who run a gateway see and do of its hot cache. */
export interface HotCache {
  stats(): HotCacheStats;
  /**
   * What the cache has of the collection now is served no more, by any gateway that shares it.
   * Fails with POD_UNAVAILABLE where the others cannot be told.
   */
  clear(ref: CollectionRef, call: Call): Promise<void>;
}

/** Of this process; counts are since its start. */
export interface HotCacheStats {
  /** How searches were answered. */
  readonly hits: number;
  readonly misses: number;
  readonly coalesced: number;
  readonly bypassed: number;
  /** Answers of searches that were seen often enough: what was kept, and what could not be. */
  readonly admitted: number;
  readonly refused: number;
  /** In memory. */
  readonly entries: number;
  readonly bytes: number;
  readonly bytesMax: number;
  /** null: it is not used. */
  readonly redis: {
    readonly requests: number;
    /** Those that did not go well, or were not made as the ones before had not. */
    readonly failures: number;
    /** It did badly and is left alone for a moment. */
    readonly resting: boolean;
  } | null;
}
