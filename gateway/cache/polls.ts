import { LRUCache } from 'lru-cache';
import { codeOf } from '../../schema/errors.ts';
import { startCall, type StartedCall } from '../../subgraphs/call.ts';
import type { CollectionRef, ShardChanged, VectorStore } from '../../subgraphs/store.ts';
import { within } from '../../subgraphs/within.ts';
import { changesOf, type Seen } from './floors.ts';
import { collectionTag } from './key.ts';

/** How far the shards of a collection were, by pod, when they were asked. */
export type Polled = Seen['changes'];

/**
 * Asks the pods how far they are, again and again, for the collections that are being cached: so
 * what is written behind our back is seen too.
 */
export interface Polls {
  /** Ask about the collection for a while; each call is a new beginning of it. */
  keep(ref: CollectionRef): void;
  /** What all its pods said, if they were asked at that moment or later. */
  since(ref: CollectionRef, moment: number): Polled | null;
  /** The same; where they are being asked, it waits for what they say. */
  awaited(ref: CollectionRef, moment: number): Promise<Polled | null>;
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
  let underWay: Question | null = null;
  let running = false;
  let closed = false;

  function poll(): void {
    // Before they are asked: what they say is no older than this.
    const askedAt = performance.now();
    const call = startCall({ timeoutMs, requestId: 'poll' });
    underWay = { askedAt, call, ended: ask(askedAt, call) };
    void underWay.ended.then(() => goOn(askedAt));
  }

  async function ask(askedAt: number, call: StartedCall): Promise<void> {
    const asked = [...watched.values()];
    try {
      const refs = asked.map(({ ref }) => ref);
      const rows = await within(call, store.changes(refs, call));
      asked.forEach((each, i) => note(watched, each, { askedAt, rows: rows[i] ?? [] }));
    } catch {
      // What is known grows old, and nothing is served by it.
    } finally {
      call.end();
    }
  }

  function goOn(askedAt: number): void {
    underWay = null;
    watched.purgeStale();
    running = !closed && watched.size > 0;
    if (!running) return;
    const pauseMs = askedAt + everyMs - performance.now();
    if (pauseMs <= 0) return poll();
    timer = setTimeout(poll, pauseMs);
    timer.unref();
  }

  function since(ref: CollectionRef, moment: number): Polled | null {
    const { last } = watched.get(collectionTag(ref)) ?? {};
    return last && last.askedAt >= moment ? last.polled : null;
  }

  async function awaited(ref: CollectionRef, moment: number): Promise<Polled | null> {
    const known = since(ref, moment);
    if (known || !underWay) return known;
    const { askedAt, ended } = underWay;
    await ended;
    // Who was asked before that moment is being asked again.
    return askedAt < moment ? awaited(ref, moment) : since(ref, moment);
  }

  return {
    keep(ref) {
      const tag = collectionTag(ref);
      watched.set(tag, watched.get(tag) ?? watchedOf(ref));
      if (running || closed) return;
      running = true;
      poll();
    },
    since,
    awaited,
    close() {
      closed = true;
      clearTimeout(timer);
      underWay?.call.abort();
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

const watchedOf = ({ bucket, collection }: CollectionRef): Watched => ({
  ref: { bucket, collection },
  last: null,
});

interface Question {
  readonly askedAt: number;
  readonly call: StartedCall;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

interface Watched {
  readonly ref: CollectionRef;
  last: { readonly askedAt: number; readonly polled: Polled | null } | null;
}

/** A statement carries so many; others are not served from the cache. */
const collectionsMax = 1_000;

/** Forgets what was dropped, which each poll would look for on all pods. */
function note(
  watched: LRUCache<string, Watched>,
  each: Watched,
  { askedAt, rows }: { readonly askedAt: number; readonly rows: readonly ShardChanged[] },
): void {
  each.last = { askedAt, polled: changesOf(rows) };
  if (rows.length > 0 && rows.every(({ error }) => codeOf(error) === 'COLLECTION_NOT_FOUND')) {
    watched.delete(collectionTag(each.ref));
  }
}
