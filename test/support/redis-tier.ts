import { randomBytes } from 'node:crypto';
import { createRedisClient, type RedisSettings } from '../../gateway/cache/redis-client.ts';
import {
  createRedisTier,
  type RedisRequest,
  type RedisTierOptions,
} from '../../gateway/cache/redis-tier.ts';
import type { SharedTier } from '../../gateway/cache/shared-tier.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';

/** A tier that tests look into. */
export interface OpenTier extends SharedTier {
  /** Where its keys begin. */
  readonly prefix: string;
  readonly requests: readonly RedisRequest[];
  /** Until it says so of a request; also of one that has been. */
  until(isIt: (request: RedisRequest) => boolean): Promise<void>;
  /** Until Redis answers. */
  connected(): Promise<void>;
}

export const ref: CollectionRef = { bucket: 'vecs', collection: 'docs' };

/** Generous in time, as machines of tests are slow; what a test is about it says itself. */
export function openTier(
  settings: RedisSettings,
  different: Partial<RedisTierOptions> = {},
): OpenTier {
  const requests: RedisRequest[] = [];
  const listeners = new Set<() => void>();
  const prefix = different.prefix ?? `test:${randomBytes(6).toString('hex')}:`;
  const tier = createRedisTier(createRedisClient(settings, { onLost() {}, onBack() {} }), {
    prefix,
    entryBytesMax: 1_000_000,
    ttlMs: 60_000,
    readMsMax: () => 500,
    writeMsMax: 500,
    pauseMs: 50,
    observe(request) {
      requests.push(request);
      for (const listener of listeners) listener();
    },
    ...different,
  });
  const until: OpenTier['until'] = (isIt) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!requests.some(isIt)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  return {
    ...tier,
    get isResting() {
      return tier.isResting;
    },
    prefix,
    requests,
    until,
    async connected() {
      while ((await tier.read(ref, 'none')) === null) {
        await new Promise((again) => setTimeout(again, 10));
      }
    },
  };
}
