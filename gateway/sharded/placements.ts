import { errors } from '../../schema/errors.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { Collection, CollectionRef, VectorStore } from '../../subgraphs/store.ts';
import { firstError } from '../scatter.ts';
import type { HomeOf } from './found.ts';
import { createMemory, isSame, knownOf, type Known } from './known.ts';
import type { Pods } from './pods.ts';
import type { Reading } from './reading.ts';
import { createReadings } from './readings.ts';
import type { Settled } from './settle.ts';
import type { Sweeper } from './sweeper.ts';

export interface Placements {
  /** What all pods say now, in half of the time that is left; never rejects. */
  read(ref: CollectionRef, call: Call): Promise<Reading>;
  /** The collection in whatever state, or null; remembered while it is active, unless `fresh`. */
  describe(ref: CollectionRef, call: Call, fresh: boolean): Promise<Collection | null>;
  /** The active collection, from memory when it is there. */
  find(ref: CollectionRef, call: Call): Promise<Known>;
  /** The same for writes by key: where keys have no owners it is read anew, or refused. */
  findOwned(ref: CollectionRef, call: Call): Promise<Known>;
  /** The active collection, as the pods say now. */
  current(ref: CollectionRef, call: Call): Promise<Known>;
  /** The active collection, after something has shown that `known` may be out of date. */
  refresh(known: Known, call: Call): Promise<Known>;
  /** Does this pod still have the collection under the placement that we know? */
  holds(known: Known, pod: string, call: Call): Promise<boolean>;
  learn(collection: Collection): void;
  forget(ref: CollectionRef): void;
}

export function createPlacements(pods: Pods, sweeper: Sweeper, homeOf: HomeOf): Placements {
  const memory = createMemory();
  const { learn, recall, forget } = memory;
  const readings = createReadings({ pods, homeOf, sweeper, memory });

  async function find(ref: CollectionRef, call: Call): Promise<Known> {
    return recall(ref) ?? activeOf(foundIn(await readings.readTogether(ref, call)), ref);
  }

  return {
    read: (ref, call) => readings.read(ref, call),
    learn,
    find,
    async findOwned(ref, call) {
      const known = await find(ref, call);
      if (known.hashed) return known;
      const reading = await readings.read(ref, call);
      const current = activeOf(foundIn(reading), ref);
      // A silent pod may have it too, and then again it may not: that is no mistake of the caller.
      if (!current.hashed) throwSilent(current, reading);
      return current;
    },
    async describe(ref, call, fresh) {
      const known = fresh ? undefined : recall(ref);
      if (known) return known.collection;
      return foundIn(
        await (fresh ? readings.readMembers(ref, call) : readings.readTogether(ref, call)),
      );
    },
    async refresh(known, call) {
      const ref = known.collection;
      const remembered = recall(ref);
      if (remembered && !isSame(remembered, known)) return remembered;
      return activeOf(foundIn(await readings.readMembers(ref, call)), ref);
    },
    current: async (ref, call) => activeOf(foundIn(await readings.readMembers(ref, call)), ref),
    holds: (known, pod, call) => holdsOn(pods.store(pod), known, call),
    forget,
  };
}

async function holdsOn(store: VectorStore, known: Known, call: Call): Promise<boolean> {
  const row = await store.describe(known.collection, call, { fresh: true });
  const { uid, version } = row?.placement ?? {};
  return uid === known.uid && version === known.version;
}

/** What pods contradict each other in is not guessed at. */
export function requireAgreement({ collection, dispute }: Settled): void {
  if (collection && dispute) throw errors.collectionDisputed(collection.collection, dispute);
}

/** Nobody knows it: certain only when everybody has answered. */
export function foundIn(reading: Reading): Collection | null {
  requireAgreement(reading);
  const { collection, failures } = reading;
  const error = firstError(failures);
  if (collection === null && error) throw error;
  return collection;
}

function throwSilent({ members }: Known, { failures }: Reading): void {
  const silent = failures.filter(({ pod }) => members.some(({ name }) => name === pod));
  const error = firstError(silent);
  if (error) throw error;
}

function activeOf(collection: Collection | null, ref: CollectionRef): Known {
  if (collection?.placement.state === 'active') return knownOf(collection);
  throw errors.collectionNotFound(ref.bucket, ref.collection);
}
