import { errors } from '../../schema/errors.ts';
import { isHashed, membersOf, outermostMembers, type Placement } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef, VectorStore } from '../../subgraphs/store.ts';
import { allOf, firstError } from '../scatter.ts';
import { createCollection } from './creation.ts';
import { createPart } from './creation-part.ts';
import { foundIn, type Placements } from './placements.ts';
import type { Pods } from './pods.ts';

export function createCollections({
  pods,
  placements,
}: {
  readonly pods: Pods;
  readonly placements: Placements;
}): Pick<
  VectorStore,
  'describe' | 'watch' | 'createCollection' | 'deleteCollection' | 'createIndex' | 'dropIndex'
> {
  /**
   * One tombstone is enough: a member that is down now finds it when it is back. Without any the
   * collection would still be there.
   */
  async function deleteCollection(
    ref: CollectionRef,
    asked: Placement | null,
    call: Call,
  ): Promise<boolean> {
    const reading = await placements.read(ref, call);
    const collection = foundIn(reading);
    if (!collection || collection.placement.state === 'dropped') return false;

    const { placement } = collection;
    if (asked && asked.uid !== placement.uid) return false;
    if (!asked && placement.above) {
      throw errors.collectionShared(ref.collection, outermostMembers(placement));
    }
    if (!isHashed(placement)) {
      throw firstError(reading.failures) ?? errors.collectionUnplaced(ref, membersOf(placement));
    }
    const tombstone = { ...placement, state: 'dropped', version: placement.version + 1 } as const;
    const members = Object.keys(placement.slots).map((name) => ({ name }));
    const { answers, failures } = await pods.scatter(members, (store) =>
      store.deleteCollection(ref, tombstone, call),
    );
    placements.forget(ref);
    const taken = answers.some(({ answer }) => answer);
    if (!taken && failures.length > 0) throw firstError(failures)!;
    return taken;
  }

  /** On all members side by side; one that fails is an error, and what the others did stands. */
  async function onMembers<T>(
    ref: CollectionRef,
    call: Call,
    ask: (store: VectorStore) => Promise<T>,
  ): Promise<readonly T[]> {
    // Rare, and without a fence: better to ask than to trust the memory.
    const { members } = await placements.current(ref, call);
    return allOf(await pods.scatter(members, ask));
  }

  return {
    describe: (ref, call, options) => placements.describe(ref, call, options?.fresh ?? false),
    async watch(ref, on, call) {
      await onMembers(ref, call, (store) => store.watch(ref, on, call));
    },
    async createCollection(spec, placement, call) {
      return placement
        ? createPart(spec, placement, call, { pods, placements })
        : createCollection(spec, call, { pods, placements });
    },
    deleteCollection,
    async createIndex(spec, call) {
      await onMembers(spec, call, (store) => store.createIndex(spec, call));
    },
    async dropIndex(query, call) {
      const dropped = await onMembers(query, call, (store) => store.dropIndex(query, call));
      return dropped.includes(true);
    },
  };
}
