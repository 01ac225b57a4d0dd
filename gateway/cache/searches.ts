import { setTimeout as sleep } from 'node:timers/promises';
import { remainingMs, type Call } from '../../subgraphs/call.ts';
import type { CacheStatus, SearchAnswer, SearchQuery, VectorStore } from '../../subgraphs/store.ts';
import type { Admission } from './admission.ts';
import { leaseMs, leasePausesMs, unseenMsMax } from './bounds.ts';
import { decodeEntry, encodeEntry, firstOf, isWhole, seenBy, type Entry } from './entry.ts';
import type { CacheEvents } from './events.ts';
import { floorsText, isAtLeast, type Floors } from './floors.ts';
import { collectionTag, searchKey } from './key.ts';
import type { MemoryTier } from './memory-tier.ts';
import { isAsPolled, type Polled, type Polls } from './polls.ts';
import type { SharedTier } from './shared-tier.ts';
import { createSingleFlight } from './single-flight.ts';

export interface SearchParts {
  readonly store: VectorStore;
  readonly memory: MemoryTier;
  readonly shared: SharedTier;
  readonly polls: Polls;
  readonly admission: Admission;
  readonly events: CacheEvents;
}

/**
 * Searches that are answered from the cache where that is certainly right, and else by the pods,
 * once for all who ask the same at the same time.
 *
 * Right is what has seen every write that was acknowledged before the search began. A writer raises
 * the floors before it acknowledges, or else waits `unseenMsMax`; a search reads the floors after
 * it began, and what the pods said when they were polled no longer than `unseenMsMax` before. An
 * entry that is at least both has seen all of these writes.
 */
export function createSearches(parts: SearchParts): VectorStore['search'] {
  const { store, memory, shared, polls, admission, events } = parts;
  const flights = createSingleFlight<SearchAnswer>({ isShareable: isWhole, ageMsMax: unseenMsMax });

  /** What may be served of the search, and the floors as they are since it began. */
  async function look(search: Search): Promise<Sight> {
    const { query, key, id } = search;
    const polled = polls.since(query, search.begunAt - unseenMsMax);
    const kept = polled && memory.get(id);
    if (kept) {
      const read = await shared.read(query, null);
      if (!read) return blind;
      const entry = servable(kept, read.floors, polled, search);
      if (entry) return { entry, floors: read.floors, isBlind: false };
    }
    const read = await shared.read(query, polled && key);
    if (!read) return blind;
    const { bytes, floors } = read;
    const entry = polled && bytes && servable(bytes, floors, polled, search);
    if (entry) memory.set(id, bytes, ageOf(entry));
    return { entry, floors, isBlind: false };
  }

  /** By the pods, or by another gateway that has begun the same. */
  async function find(search: Search, floors: Floors | null, call: Call): Promise<SearchAnswer> {
    const { query, key, isAdmitted } = search;
    if (!isAdmitted) return store.search(query, call);
    const leaseKey = `${key}:${query.limit}`;
    const other = await awaitOther(search, leaseKey, call);
    if (other) return answerOf(other, query, 'COALESCED');
    // In the background: nobody waits for what others may find later.
    let filled: Promise<void> = Promise.resolve();
    try {
      const answer = await store.search({ ...query, changes: true }, call);
      filled = fill(search, answer, floors);
      return answer;
    } finally {
      void filled.then(() => shared.release(query, leaseKey));
    }
  }

  /** null: nobody does it, or nobody is done in time. */
  async function awaitOther(search: Search, leaseKey: string, call: Call): Promise<Entry | null> {
    for (const pauseMs of leasePausesMs) {
      const lease = await shared.lease(search.query, leaseKey, leaseMs);
      if (lease !== 'taken' || pauseMs > remainingMs(call) / 2) return null;
      await sleep(pauseMs);
      const { entry } = await look(search);
      if (entry) return entry;
    }
    return null;
  }

  /** The floors first: an entry that lies there without them is served by nobody. */
  async function fill(search: Search, answer: SearchAnswer, floors: Floors | null): Promise<void> {
    const { query, key, id } = search;
    const seen = seenBy(answer);
    if (!seen) {
      // A pod that failed may be there the next time; who does not count will not.
      if (isWhole(answer)) admission.refuse(id);
      return events.filled('refused');
    }
    const generation = floors?.generation ?? '';
    const entry = { answer, limit: query.limit, filledAtMs: Date.now(), generation };
    const bytes = encodeEntry(entry, key);
    if (!memory.set(id, bytes)) {
      admission.refuse(id);
      return events.filled('refused');
    }
    events.filled('admitted');
    if (!isAtLeast(seen, floors)) await shared.raise(query, seen);
    await shared.write(query, key, bytes);
  }

  async function answer(search: Search, call: Call): Promise<SearchAnswer> {
    const { query, id } = search;
    const { entry, floors, isBlind } = await look(search);
    if (entry) return answerOf(entry, query, 'HIT');
    // Who cannot see the floors cannot know whether others saw the same.
    if (isBlind) return { ...(await store.search(query, call)), cache: found('MISS') };
    const flightKey = JSON.stringify([id, query.limit, floorsText(floors)]);
    const { value, joined } = await flights.run(flightKey, call, (part) =>
      find(search, floors, part),
    );
    return { ...value, cache: joined ? found('COALESCED') : (value.cache ?? found('MISS')) };
  }

  async function begin(query: SearchQuery, call: Call): Promise<Search | null> {
    const begunAt = performance.now();
    const collection = query.cache ? await store.describe(query, call) : null;
    if (!collection) return null;
    const placementVersion = collection.placement.version;
    // Every caller sees the same rows, as long as there are no rules about who may see which.
    const key = searchKey(query, { placementVersion, caller: '' });
    const id = collectionTag(query) + key;
    const isAdmitted = admission.isAdmitted(id);
    if (isAdmitted) polls.keep(query);
    return { query, key, id, begunAt, isAdmitted };
  }

  return async (query, call) => {
    const search = await begin(query, call);
    const answered = search ? await answer(search, call) : await store.search(query, call);
    events.searched(answered.cache?.outcome ?? 'BYPASS');
    return answered;
  };
}

interface Search {
  readonly query: SearchQuery;
  /** Of the entry, among those of its collection, and among all. */
  readonly key: string;
  readonly id: string;
  /** On the clock of `performance.now()`. */
  readonly begunAt: number;
  readonly isAdmitted: boolean;
}

interface Sight {
  readonly entry: Entry | null;
  readonly floors: Floors | null;
  /** The floors cannot be had: nothing is certain. */
  readonly isBlind: boolean;
}

const blind: Sight = { entry: null, floors: null, isBlind: true };

/** The entry, if it is known to be right for the search. */
function servable(
  bytes: Buffer,
  floors: Floors | null,
  polled: Polled,
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

const found = (outcome: CacheStatus['outcome']): CacheStatus => ({ outcome, ageMs: null });

/** Clocks of gateways differ a little. */
const ageOf = ({ filledAtMs }: Entry): number => Math.max(0, Date.now() - filledAtMs);

const answerOf = (
  entry: Entry,
  { limit }: SearchQuery,
  outcome: CacheStatus['outcome'],
): SearchAnswer => ({
  ...firstOf(entry.answer, limit),
  cache: { outcome, ageMs: ageOf(entry) },
});
