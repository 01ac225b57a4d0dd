import { setTimeout as sleep } from 'node:timers/promises';
import { startCall, type Call } from '../../subgraphs/call.ts';
import type { CollectionRef, ShardsRef, VectorStore } from '../../subgraphs/store.ts';
import { unseenMsMax } from './bounds.ts';
import { changesOf, type Seen } from './floors.ts';
import type { SharedTier } from './shared-tier.ts';

type Writes = Pick<
  VectorStore,
  | 'upsert'
  | 'updateMetadata'
  | 'delete'
  | 'deleteCollection'
  | 'createIndex'
  | 'dropIndex'
  | 'watch'
>;

/** false, or an error: the floors could not be raised. */
type Raise = (call: Call) => Promise<boolean>;

/**
 * Writes that are acknowledged, or fail, when no cache can show the state before them any more: the
 * floors are raised, or the bound of the polls has passed.
 */
export function createWrites(store: VectorStore, shared: SharedTier): Writes {
  /** Also after a failure, which may have written a part, or everything. */
  async function acknowledged<T>(write: Promise<T>, raise: Raise): Promise<T> {
    try {
      return await write;
    } finally {
      await raisedOrBound(raise);
    }
  }

  const raiseTo = (ref: CollectionRef, state: Seen | null): Promise<boolean> =>
    state ? shared.raise(ref, state) : shared.clear(ref);
  const raiseCounts =
    (ref: CollectionRef, keys?: readonly string[]): Raise =>
    async (call) =>
      keys?.length === 0 ||
      raiseTo(ref, await countsOf(store, keys ? { ...ref, keys } : ref, call));

  return {
    upsert(write, call) {
      const keys = write.records.map(({ key }) => key);
      return acknowledged(store.upsert(write, call), raiseCounts(write, keys));
    },
    updateMetadata(write, call) {
      const written = store.updateMetadata(write, call);
      return write.dryRun ? written : acknowledged(written, raiseCounts(write, write.keys));
    },
    delete(write, call) {
      const keys = 'keys' in write.target ? write.target.keys : undefined;
      return acknowledged(store.delete(write, call), raiseCounts(write, keys));
    },
    deleteCollection: (ref, placement, call) =>
      acknowledged(store.deleteCollection(ref, placement, call), async (part) =>
        raiseTo(ref, await tombstoneOf(store, ref, part)),
      ),
    // The records are the same; what a search by an index finds of them, and how, is not.
    createIndex: (spec, call) =>
      acknowledged(store.createIndex(spec, call), () => shared.clear(spec)),
    dropIndex: (query, call) =>
      acknowledged(store.dropIndex(query, call), () => shared.clear(query)),
    // Who counts no more has no count for a floor.
    watch: (ref, on, call) => acknowledged(store.watch(ref, on, call), async () => on),
  };
}

async function raisedOrBound(raise: Raise): Promise<void> {
  const unseen = new AbortController();
  // Timers may be a little early.
  const bound = sleep(unseenMsMax + 2, undefined, { signal: unseen.signal }).catch(() => undefined);
  const call = startCall({ timeoutMs: unseenMsMax, requestId: 'raise' });
  const isRaised = raise(call).catch(() => false);
  await Promise.race([bound, isRaised.then((raised) => (raised ? undefined : bound))]);
  unseen.abort();
  call.end();
}

/**
 * Of the shards that were written to, after the write; null where one of them is not counted.
 * Nothing is kept of such a collection, but its searches in flight are shared: clearing it tells
 * those before the write from those after it.
 */
async function countsOf(store: VectorStore, ref: ShardsRef, call: Call): Promise<Seen | null> {
  const [found, [rows = []]] = await Promise.all([
    store.describe(ref, call),
    store.changes([ref], call),
  ]);
  for (const { error } of rows) if (error) throw error;
  const changes = changesOf(rows);
  return found && changes && { placementVersion: found.placement.version, changes };
}

/** What is there after a collection was deleted: its tombstone, or one that was made since. */
async function tombstoneOf(
  store: VectorStore,
  ref: CollectionRef,
  call: Call,
): Promise<Seen | null> {
  const found = await store.describe(ref, call, { fresh: true });
  return found && { placementVersion: found.placement.version, changes: new Map() };
}
