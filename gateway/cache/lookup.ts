import { setTimeout as sleep } from 'node:timers/promises';
import type { SearchQuery } from '../../subgraphs/store.ts';
import { patientMsMin, redisReadMsMax, unseenMsMax } from './bounds.ts';
import { decodeEntry, seenBy, type Entry } from './entry.ts';
import { isAtLeast, type Floors } from './floors.ts';
import type { MemoryTier } from './memory-tier.ts';
import { isAsPolled, type Polled, type Polls } from './polls.ts';
import type { SharedTier } from './shared-tier.ts';

/** A search that the cache may answer. */
export interface Search {
  readonly query: SearchQuery;
  /** Of its entry, among those of the collection. */
  readonly key: string;
  /** The same among all. */
  readonly id: string;
  /** On the clock of `performance.now()`. */
  readonly begunAt: number;
  /** On that of `Date.now()`. */
  readonly deadlineAt: number;
  readonly isAdmitted: boolean;
}

/** What a search sees of the cache; null where the floors cannot be had, and nothing is certain. */
export interface Sight {
  /** It may be served. */
  readonly entry: Entry | null;
  /** As they are since the search began. */
  readonly floors: Floors | null;
}

/**
 * Looks up what is certainly right: what has seen every write that was acknowledged before the
 * search began. A writer raises the floors before it acknowledges, or else waits `unseenMsMax`; a
 * search reads the floors after it began, and what pods said that were asked at most `unseenMsMax`
 * before. An entry that is at least both has seen all of these writes.
 */
export function createLookup({ memory, shared, polls }: LookupParts) {
  async function inShared(search: Search, polled: Polled | null): Promise<Sight | null> {
    const { query, key, id } = search;
    const read = await inHalf(search, shared.read(query, polled && key));
    if (!read) return null;
    const { bytes, floors } = read;
    const entry = polled && bytes && servable(bytes, { floors, polled }, search);
    if (entry) memory.set(id, bytes, ageOf(entry));
    return { entry, floors };
  }

  /** What pods are being asked is less work for them than the search: it is worth waiting for. */
  function heard({ query, begunAt, deadlineAt }: Search, isKept: boolean) {
    const moment = begunAt - unseenMsMax;
    const hasTime = deadlineAt - Date.now() > patientMsMin;
    return isKept && hasTime ? polls.awaited(query, moment) : polls.since(query, moment);
  }

  return async (search: Search): Promise<Sight | null> => {
    const kept = memory.get(search.id);
    const polled = await heard(search, kept !== undefined);
    if (!kept || !polled) return inShared(search, polled);
    const read = await inHalf(search, shared.read(search.query, null));
    if (!read) return null;
    const entry = servable(kept, { floors: read.floors, polled }, search);
    // Where it is too old, another gateway may have a newer one.
    return entry ? { entry, floors: read.floors } : inShared(search, polled);
  };
}

/**
 * What Redis says before half of the time is over, for the pods need the other half; else null.
 * Where there is much time, Redis has a bound of its own.
 */
export function inHalf<T>(
  { deadlineAt }: { readonly deadlineAt: number },
  answer: Promise<T | null>,
): Promise<T | null> {
  const halfMs = (deadlineAt - Date.now()) / 2;
  return halfMs > redisReadMsMax ? answer : Promise.race([answer, sleep(halfMs, null)]);
}

/** Clocks of gateways differ a little. */
export const ageOf = ({ filledAtMs }: Entry): number => Math.max(0, Date.now() - filledAtMs);

interface LookupParts {
  readonly memory: MemoryTier;
  readonly shared: SharedTier;
  readonly polls: Polls;
}

function servable(
  bytes: Buffer,
  { floors, polled }: { readonly floors: Floors | null; readonly polled: Polled },
  { key, query }: Search,
): Entry | null {
  const entry = decodeEntry(bytes, key);
  const seen = entry && seenBy(entry.answer);
  const isRight =
    seen &&
    entry.limit >= query.limit &&
    entry.generation === floors?.generation &&
    isAtLeast(seen, floors) &&
    isAsPolled(seen, polled);
  return isRight ? entry : null;
}
