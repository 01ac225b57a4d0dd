import { randomUUID } from 'node:crypto';
import type { CollectionRef } from '../../subgraphs/store.ts';
import { createBreaker } from './breaker.ts';
import {
  clearScript,
  otherTableMs,
  raiseAnswer,
  raiseScript,
  readFloors,
  seenText,
} from './floors.ts';
import { collectionTag } from './key.ts';
import { jitteredMs } from './lifetime.ts';
import type { RedisClient } from './redis-client.ts';
import type { SharedTier } from './shared-tier.ts';

export interface RedisTierOptions {
  /** Before every key, for those who share a Redis; without braces. */
  readonly prefix: string;
  readonly entryBytesMax: number;
  /** Of entries. */
  readonly ttlMs: number;
  /** For an answer that a search waits for, as searches are now. */
  readonly readMsMax: () => number;
  /** For one that a writer waits for, or nobody. */
  readonly writeMsMax: number;
  /** After which Redis that did badly is asked again. */
  readonly pauseMs: number;
  /** Hears how each request went. */
  readonly observe: (request: RedisRequest) => void;
}

export interface RedisRequest {
  readonly command: 'read' | 'write' | 'raise' | 'lease' | 'release' | 'clear' | 'probe';
  readonly went: Went;
  readonly tookMs: number;
}

/** `refused` is an error that Redis itself gave; `resting`: it was not asked. */
type Went = 'well' | 'late' | 'lost' | 'refused' | 'resting';

/**
 * Entries and floors that all gateways share. Nothing here rejects or takes longer than its time;
 * whatever is wrong with Redis, a read is null and a write false.
 */
export function createRedisTier(client: RedisClient, options: RedisTierOptions): SharedTier {
  const { prefix, entryBytesMax, ttlMs } = options;
  // Redis that is too slow for searches may be quick enough for writers, who would else wait longer.
  const searches = createAsker(client, options, options.readMsMax);
  const writers = createAsker(client, options, () => options.writeMsMax);

  const keyOf = (ref: CollectionRef, name: string): string =>
    `${prefix}${collectionTag(ref)}:${name}`;
  const floorsKey = (ref: CollectionRef): string => keyOf(ref, 'floors');
  const leaseKey = (ref: CollectionRef, key: string): string => keyOf(ref, `${key}:lease`);

  return {
    read: (ref, key) =>
      searches.ask('read', async () => {
        const entryKeys = key === null ? [] : [keyOf(ref, key)];
        const [floors = null, bytes = null] = await client.get([floorsKey(ref), ...entryKeys]);
        return { bytes, floors: readFloors(floors) };
      }),

    async write(ref, key, bytes) {
      if (bytes.length > entryBytesMax) return false;
      const set = () => client.set(keyOf(ref, key), bytes, jitteredMs(ttlMs)).then(() => true);
      return (await writers.ask('write', set)) ?? false;
    },

    async raise(ref, seen) {
      const values = [seenText(seen), floorsMs(ttlMs), otherTableMs];
      const answer = await writers.ask('raise', () =>
        client.run(raiseScript, floorsKey(ref), values),
      );
      return answer === raiseAnswer;
    },

    lease: (ref, key, forMs) =>
      searches.ask('lease', async () => {
        const isWon = await client.setIfAbsent(leaseKey(ref, key), '', forMs);
        return isWon ? 'won' : 'taken';
      }),

    async release(ref, key) {
      await writers.ask('release', () => client.delete(leaseKey(ref, key)));
    },

    async clear(ref) {
      const values = [randomUUID(), floorsMs(ttlMs)];
      const answer = await writers.ask('clear', () =>
        client.run(clearScript, floorsKey(ref), values),
      );
      return answer === raiseAnswer;
    },

    get isResting() {
      return searches.isResting;
    },
    close() {
      searches.close();
      writers.close();
      client.close();
    },
  };
}

/** Asks within the time that there is, and not at all while the breaker is open. */
function createAsker(
  client: RedisClient,
  { writeMsMax, pauseMs, observe }: RedisTierOptions,
  timeoutMs: () => number,
) {
  const breaker = createBreaker({ probe, pauseMs });

  async function attempt<T>(command: RedisRequest['command'], work: () => Promise<T>) {
    const startedAt = performance.now();
    const outcome = await inTime(work, timeoutMs());
    observe({ command, went: outcome.went, tookMs: performance.now() - startedAt });
    return outcome;
  }

  /** null when it did not go well. */
  async function ask<T>(command: RedisRequest['command'], work: () => Promise<T>) {
    if (breaker.isOpen) {
      observe({ command, went: 'resting', tookMs: 0 });
      return null;
    }
    const report = breaker.begin();
    const { went, value } = await attempt(command, work);
    report(went === 'late' || went === 'lost' ? 'badly' : 'well');
    return value;
  }

  /** Were it more patient than those who ask, they would be late again after each pause. */
  async function probe(): Promise<boolean> {
    const pinged = client.ping();
    const { went } = await attempt('probe', () => pinged);
    if (went === 'late') void expectSoon(pinged);
    return went === 'well';
  }

  /**
   * An answer that was lost on the way makes every later one late, on this connection. One that
   * comes in a writer's time is slow, not lost.
   */
  async function expectSoon(pinged: Promise<void>): Promise<void> {
    const { went } = await inTime(() => pinged, writeMsMax);
    if (went === 'late') client.reconnect();
  }

  return {
    ask,
    get isResting() {
      return breaker.isOpen;
    },
    close: () => breaker.close(),
  };
}

/**
 * From the last raise on, so that floors outlive the entries that were filled after it; a missing
 * floor lets nothing through, it means asking the pods. One case is left: floors that expired, and
 * are made anew by somebody who was held up and raises what he saw long ago. Then nobody has raised
 * them for so long that every poll is younger than the last write, and an entry has to satisfy the
 * polls too. So anything above their bound is right, and more saves questions.
 */
const floorsMs = (ttlMs: number): number => Math.max(2 * ttlMs, 60_000);

/**
 * Timers run before sockets are read: where this process was busy, an answer that has come long ago
 * is given the chance to be seen, lest Redis be blamed for it.
 */
function inTime<T>(
  work: () => Promise<T>,
  timeoutMs: number,
): Promise<{ readonly went: Went; readonly value: T | null }> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => setImmediate(() => resolve({ went: 'late', value: null })),
      timeoutMs,
    );
    const settle = (went: Went, value: T | null): void => {
      clearTimeout(timer);
      resolve({ went, value });
    };
    // What is thrown at once is an outcome too.
    const working = (async () => work())();
    working.then(
      (value) => settle('well', value),
      (error: unknown) => settle(isReply(error) ? 'refused' : 'lost', null),
    );
  });
}

const isReply = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';
