import { setTimeout as sleep } from 'node:timers/promises';
import { remainingMs, type Call } from '../../subgraphs/call.ts';
import type {
  CacheOutcome,
  CacheStatus,
  SearchAnswer,
  SearchQuery,
  VectorStore,
} from '../../subgraphs/store.ts';
import { leaseMs, leasePausesMs, unseenMsMax } from './bounds.ts';
import { firstOf, isWhole, type Entry } from './entry.ts';
import { createFiller, type FillerParts } from './filler.ts';
import { floorsText, type Floors } from './floors.ts';
import { collectionTag, searchKey } from './key.ts';
import { ageOf, createLookup, inHalf, type Search } from './lookup.ts';
import type { Polls } from './polls.ts';
import { createSingleFlight } from './single-flight.ts';

export interface SearchParts extends FillerParts {
  readonly store: VectorStore;
  readonly polls: Polls;
}

/**
 * Searches that are answered from the cache where that is certainly right, and else by the pods,
 * once for all who ask the same at the same time.
 */
export function createSearches(parts: SearchParts): VectorStore['search'] {
  const { store, polls, admission, events } = parts;
  const flights = createSingleFlight<SearchAnswer>({ isShareable: isWhole, ageMsMax: unseenMsMax });
  const look = createLookup(parts);
  const find = createFinder(parts, look);

  async function begin(query: SearchQuery, call: Call): Promise<Search | null> {
    const begunAt = performance.now();
    const collection = query.cache ? await store.describe(query, call) : null;
    if (!collection) return null;
    const placementVersion = collection.placement.version;
    // All callers see the same rows, as long as there are no rules about who may see which.
    const key = searchKey(query, { placementVersion, caller: '' });
    const id = collectionTag(query) + key;
    const isAdmitted = admission.isAdmitted(id);
    if (isAdmitted) polls.keep(query);
    return { query, key, id, begunAt, deadlineAt: call.deadlineAt, isAdmitted };
  }

  async function answer(search: Search, call: Call): Promise<SearchAnswer> {
    const { query, id } = search;
    const sight = await look(search);
    // Who cannot see the floors cannot know whether others saw the same.
    if (!sight) return as('MISS', await store.search(query, call));
    const { entry, floors } = sight;
    if (entry) return served('HIT', entry, query);
    const flight = JSON.stringify([id, query.limit, floorsText(floors)]);
    const { value, joined } = await flights.run(flight, call, (part) => find(search, floors, part));
    if (!joined) return value.cache ? value : as('MISS', value);
    // What was looked up for another search is as new as that one needs, which began earlier.
    return value.cache ? answer(search, call) : as('COALESCED', value);
  }

  return async (query, call) => {
    const search = await begin(query, call);
    const answered = await (search ? answer(search, call) : store.search(query, call));
    events.searched(answered.cache?.outcome ?? 'BYPASS');
    return answered;
  };
}

/** Finds what is not cached: by the pods, or by another gateway that has begun the same. */
function createFinder(parts: SearchParts, look: ReturnType<typeof createLookup>) {
  const { store, shared } = parts;
  const fill = createFiller(parts);

  /** null: nobody else does it, or is done in time. */
  async function awaitOther(search: Search, lease: string, call: Call): Promise<Entry | null> {
    for (const pauseMs of leasePausesMs) {
      const asked = shared.lease(search.query, lease, leaseMs);
      const taken = (await inHalf(call, asked)) === 'taken';
      if (!taken || pauseMs > remainingMs(call) / 2) return null;
      await sleep(pauseMs);
      const sight = await look(search);
      if (sight?.entry) return sight.entry;
    }
    return null;
  }

  return async (search: Search, floors: Floors | null, call: Call): Promise<SearchAnswer> => {
    const { query, key, isAdmitted } = search;
    if (!isAdmitted) return store.search(query, call);
    const lease = `${key}:${query.limit}`;
    const other = await awaitOther(search, lease, call);
    if (other) return served('COALESCED', other, query);
    // Nobody waits for what others may find later.
    let filling = Promise.resolve();
    try {
      const answer = await store.search({ ...query, changes: true }, call);
      filling = fill(search, answer, floors);
      return answer;
    } finally {
      void filling.then(() => shared.release(query, lease));
    }
  };
}

const as = (outcome: CacheOutcome, answer: SearchAnswer, ageMs: number | null = null) => ({
  ...answer,
  cache: { outcome, ageMs } satisfies CacheStatus,
});

const served = (outcome: CacheOutcome, entry: Entry, { limit }: SearchQuery): SearchAnswer =>
  as(outcome, firstOf(entry.answer, limit), ageOf(entry));
