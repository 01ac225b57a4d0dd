import type { RedisSettings } from './redis-client.ts';

/** How much the hot cache keeps, and for how long. */
export interface CacheSettings {
  /** The sighting from which on a search is kept. */
  readonly admitAfter: number;
  /** How long an answer is kept. */
  readonly ttlMs: number;
  /** In this process; a Redis has a bound of its own. */
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

export const defaultCache: CacheSettings = {
  admitAfter: 2,
  ttlMs: 300_000,
  maxBytes: 64 * 1_024 * 1_024,
  maxEntryBytes: 256 * 1_024,
};

/** A Redis, and what stands before every key of ours in it. */
export interface RedisPlace {
  readonly settings: RedisSettings;
  readonly prefix: string;
}

export const defaultPrefix = 'quiver:';
