import { setTimeout as sleep } from 'node:timers/promises';
import { startCall, type Call } from '../../subgraphs/call.ts';
import type { CollectionRef, ShardsRef, VectorStore } from '../../subgraphs/store.ts';
import { unseenMsMax } from './bounds.ts';
import type { Seen } from './floors.ts';
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
  async function seen<T>(write: Promise<T>, raise: Raise): Promise<T> {
    try {
      return await write;
    } finally {
      await raisedOrBound(raise);
    }
  }

  const raise = async (ref: CollectionRef, reading: Promise<Seen | null>): Promise<boolean> => {
    const state = await reading;
    return state ? shared.raise(ref, state) : shared.clear(ref);
  };
  const raiseCounts =
    (ref: CollectionRef, keys?: readonly string[]): Raise =>
    async (call) =>
      keys?.length === 0 ||
      raise(ref, countsOf(store, { ...named(ref), ...(keys && { keys }) }, call));

  return {
    upsert(write, call) {
      const keys = write.records.map(({ key }) => key);
      return seen(store.upsert(write, call), raiseCounts(write, keys));
    },
    updateMetadata(write, call) {
      const written = store.updateMetadata(write, call);
      return write.dryRun ? written : seen(written, raiseCounts(write, write.keys));
    },
    delete(write, call) {
      const keys = 'keys' in write.target ? write.target.keys : undefined;
      return seen(store.delete(write, call), raiseCounts(write, keys));
    },
    deleteCollection: (ref, placement, call) =>
      seen(store.deleteCollection(ref, placement, call), (part) =>
        raise(ref, tombstoneOf(store, ref, part)),
      ),
    // The records are the same; what a search by an index finds of them, and how, is not.
    createIndex: (spec, call) => seen(store.createIndex(spec, call), () => shared.clear(spec)),
    dropIndex: (query, call) => seen(store.dropIndex(query, call), () => shared.clear(query)),
    // Who counts no more has no count for a floor.
    watch: (ref, on, call) => seen(store.watch(ref, on, call), async () => on),
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

const named = ({ bucket, collection }: CollectionRef): CollectionRef => ({ bucket, collection });

/**
 * Of the shards that were written to, after the write; null where not all of it is counted. Nothing is kept of such a collection, but its
 * searches in flight are shared: clearing it tells those before the write from those after it.
 */
async function countsOf(store: VectorStore, ref: ShardsRef, call: Call): Promise<Seen | null> {
  const [found, [rows = []]] = await Promise.all([
    store.describe(ref, call),
    store.changes([ref], call),
  ]);
  for (const { error } of rows) if (error) throw error;
  const changes = rows.flatMap(({ pod, change }) => (change ? [[pod, change] as const] : []));
  if (!found || changes.length === 0 || changes.length < rows.length) return null;
  return { placementVersion: found.placement.version, changes: new Map(changes) };
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
