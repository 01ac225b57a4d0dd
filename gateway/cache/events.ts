import type { CacheOutcome } from '../../subgraphs/store.ts';
import type { RedisRequest } from './redis-tier.ts';

/** What happens in the hot cache, for whoever counts it. */
export interface CacheEvents {
  searched(outcome: CacheOutcome): void;
  /** An answer that was admitted, or could not be kept: too large, or not known to be right. */
  filled(how: 'admitted' | 'refused'): void;
  redis(request: RedisRequest): void;
}
