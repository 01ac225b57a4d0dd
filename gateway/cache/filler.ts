import type { SearchAnswer } from '../../subgraphs/store.ts';
import type { Admission } from './admission.ts';
import { encodeEntry, isWhole, seenBy } from './entry.ts';
import type { CacheEvents } from './events.ts';
import { isAtLeast, type Floors } from './floors.ts';
import type { Search } from './lookup.ts';
import type { MemoryTier } from './memory-tier.ts';
import type { SharedTier } from './shared-tier.ts';

export interface FillerParts {
  readonly memory: MemoryTier;
  readonly shared: SharedTier;
  readonly admission: Admission;
  readonly events: CacheEvents;
}

/** Keeps the answer of an admitted search, which read `floors` before it went to the pods. */
export function createFiller({ memory, shared, admission, events }: FillerParts) {
  function refuse(): void {
    events.filled('refused');
  }

  return async (search: Search, answer: SearchAnswer, floors: Floors | null): Promise<void> => {
    const { query, key, id } = search;
    const seen = seenBy(answer);
    if (!seen) {
      // A pod that failed may be there the next time; who does not count will not.
      if (isWhole(answer)) admission.refuse(id);
      return refuse();
    }
    const generation = floors?.generation ?? '';
    const entry = { answer, limit: query.limit, filledAtMs: Date.now(), generation };
    const bytes = encodeEntry(entry, key);
    if (!memory.set(id, bytes)) {
      admission.refuse(id);
      return refuse();
    }
    events.filled('admitted');
    // The floors first: an entry that lies there without them is served by nobody.
    if (!isAtLeast(seen, floors)) await shared.raise(query, seen);
    await shared.write(query, key, bytes);
  };
}
