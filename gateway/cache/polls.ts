import { LRUCache } from 'lru-cache';
import { startCall, type StartedCall } from '../../subgraphs/call.ts';
import type {
  CollectionRef,
  ShardChange,
  ShardChanged,
  VectorStore,
} from '../../subgraphs/store.ts';
import type { Seen } from './floors.ts';
import { collectionTag } from './key.ts';

/** How far the shards of a collection were, by pod, when they were asked. */
export type Polled = ReadonlyMap<string, ShardChange>;

/**
 * Asks the pods how far they are, again and again, for the collections that are being cached: so
 * what is written behind our back is seen too.
 */
export interface Polls {
  /** Ask about the collection for a while; each call is a new beginning of it. */
  keep(ref: CollectionRef): void;
  /** What all its pods said, if they were asked at that moment or later. */
  since(ref: CollectionRef, moment: number): Polled | null;
  close(): void;
}

export interface PollsOptions {
  readonly store: Pick<VectorStore, 'changes'>;
  readonly everyMs: number;
  /** For which a collection is asked about that nobody searches any more. */
  readonly keepMs: number;
  /** For an answer: one that comes later says nothing that is still of use. */
  readonly timeoutMs: number;
}

export function createPolls({ store, everyMs, keepMs, timeoutMs }: PollsOptions): Polls {
  const watched = new LRUCache<string, Watched>({ max: collectionsMax, ttl: keepMs });
  let timer: NodeJS.Timeout | undefined;
  let underWay: StartedCall | undefined;
  let running = false;
  let closed = false;

  async function poll(): Promise<void> {
    // Before they are asked: what they say is no older than this.
    const askedAt = performance.now();
    const asked = [...watched.values()];
    const call = startCall({ timeoutMs, requestId: 'poll' });
    underWay = call;
    try {
      const rows = await store.changes(
        asked.map(({ ref }) => ref),
        call,
      );
      asked.forEach((each, i) => (each.last = { askedAt, polled: polledOf(rows[i] ?? []) }));
    } catch {
      // What is known grows old, and nothing is served by it.
    } finally {
      call.end();
    }
    watched.purgeStale();
    running = !closed && watched.size > 0;
    if (!running) return;
    timer = setTimeout(() => void poll(), Math.max(0, askedAt + everyMs - performance.now()));
    timer.unref();
  }

  return {
    keep(ref) {
      const tag = collectionTag(ref);
      const { bucket, collection } = ref;
      watched.set(tag, watched.get(tag) ?? { ref: { bucket, collection }, last: null });
      if (running || closed) return;
      running = true;
      void poll();
    },
    since(ref, moment) {
      const { last } = watched.get(collectionTag(ref)) ?? {};
      return last && last.askedAt >= moment ? last.polled : null;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      underWay?.abort();
    },
  };
}

/** Whether `seen` is no older than what the pods said. */
export const isAsPolled = (seen: Seen, polled: Polled): boolean =>
  seen.changes.size === polled.size &&
  [...polled].every(([pod, { table, count }]) => {
    const change = seen.changes.get(pod);
    return change?.table === table && change.count >= count;
  });

interface Watched {
  readonly ref: CollectionRef;
  last: { readonly askedAt: number; readonly polled: Polled | null } | null;
}

/** A statement carries so many; others are not served from the cache. */
const collectionsMax = 1_000;

/** null: a pod did not say, or nobody counts. */
function polledOf(rows: readonly ShardChanged[]): Polled | null {
  const changes = rows.flatMap(({ pod, change }) => (change ? [[pod, change] as const] : []));
  return rows.length > 0 && changes.length === rows.length ? new Map(changes) : null;
}
