import { errors } from '../../schema/errors.ts';
import { slotOf } from '../../schema/key.ts';
import { membersOf, ownersOf } from '../../schema/placement.ts';
import { inPart, remainingMs, type Call } from '../../subgraphs/call.ts';
import type { Collection, CollectionRef } from '../../subgraphs/store.ts';
import { firstError, type Failure } from '../scatter.ts';
import { within } from '../../subgraphs/within.ts';
import type { NamedStore, Pods } from './pods.ts';
import { settle, type Row, type Settled } from './settle.ts';
import type { Sweeper } from './sweeper.ts';

/** An active collection, and where its parts are. */
export interface Known {
  readonly collection: Collection;
  readonly uid: string;
  readonly version: number;
  readonly members: readonly { readonly name: string }[];
  /** The pod that owns a key. */
  readonly ownerOf: (key: string) => string;
}

/** What the pods said of a collection. */
export interface Reading extends Settled {
  readonly rows: readonly Row[];
  readonly failures: readonly Failure<NamedStore>[];
}

export interface Placements {
  /** What all pods say now; never rejects. */
  read(ref: CollectionRef, call: Call): Promise<Reading>;
  /** The collection in whatever state, or null; remembered while it is active, unless `fresh`. */
  describe(ref: CollectionRef, call: Call, fresh: boolean): Promise<Collection | null>;
  /** The active collection, from memory when it is there. */
  find(ref: CollectionRef, call: Call): Promise<Known>;
  /** The active collection, as the pods say now. */
  current(ref: CollectionRef, call: Call): Promise<Known>;
  /** The active collection, after something has shown that `known` may be out of date. */
  refresh(known: Known, call: Call): Promise<Known>;
  /** Does this pod still have the collection under the placement that we know? */
  holds(known: Known, pod: string, call: Call): Promise<boolean>;
  learn(collection: Collection): void;
  forget(ref: CollectionRef): void;
}

/** Collections that are remembered; the one that was learnt first makes room. */
const rememberedMax = 10_000;

export function createPlacements(pods: Pods, sweeper: Sweeper): Placements {
  const memory = new Map<string, Known>();
  const reading = new Map<string, Promise<Reading>>();

  function learn(collection: Collection): void {
    const [oldest] = memory.keys();
    if (oldest !== undefined && memory.size >= rememberedMax) memory.delete(oldest);
    memory.set(idOf(collection), knownOf(collection));
  }

  async function read(ref: CollectionRef, call: Call): Promise<Reading> {
    const { answers, failures } = await pods.scatter(pods.all, (store) =>
      store.describe(ref, call, { fresh: true }),
    );
    const rows = answers.flatMap(({ from, answer }) =>
      answer ? [{ pod: from.name, collection: answer }] : [],
    );
    const settled = settle(rows);
    sweeper.sweep(settled.superseded, call.requestId);
    if (settled.collection?.placement.state === 'active') learn(settled.collection);
    else if (settled.collection || failures.length === 0) memory.delete(idOf(ref));
    return { ...settled, rows, failures };
  }

  /** One scatter for all who want to know at the same time. */
  async function readTogether(ref: CollectionRef, call: Call): Promise<Reading> {
    const id = idOf(ref);
    const running = reading.get(id);
    if (running) {
      const result = await within(call, running);
      // It had the patience of whoever began it; ours may be longer.
      if (result.collection || result.failures.length === 0) return result;
    }
    const started = inHalf(call, (part) => read(ref, part));
    reading.set(id, started);
    return started.finally(() => {
      if (reading.get(id) === started) reading.delete(id);
    });
  }

  return {
    read,
    learn,
    async describe(ref, call, fresh) {
      const known = fresh ? undefined : memory.get(idOf(ref));
      if (known) return known.collection;
      return foundIn(await (fresh ? read(ref, call) : readTogether(ref, call)));
    },
    async find(ref, call) {
      const known = memory.get(idOf(ref));
      return known ?? activeOf(foundIn(await readTogether(ref, call)), ref);
    },
    async refresh(known, call) {
      const ref = known.collection;
      const remembered = memory.get(idOf(ref));
      if (remembered && !isSame(remembered, known)) return remembered;
      return activeOf(foundIn(await inHalf(call, (part) => read(ref, part))), ref);
    },
    current: async (ref, call) => activeOf(foundIn(await read(ref, call)), ref),
    async holds(known, pod, call) {
      const row = await pods.store(pod).describe(known.collection, call, { fresh: true });
      return row !== null && isSame(row.placement, known);
    },
    forget: (ref) => void memory.delete(idOf(ref)),
  };
}

/**
 * What comes before an operation has half of its time, so that a pod that keeps silent costs the
 * operation its part and not everything.
 */
const inHalf = <T>(call: Call, run: (part: Call) => Promise<T>): Promise<T> =>
  inPart(call, Math.ceil(remainingMs(call) / 2), run);

interface Identity {
  readonly uid: string;
  readonly version: number;
}

export const isSame = (a: Identity, b: Identity): boolean =>
  a.uid === b.uid && a.version === b.version;

/** Nobody knows it: certain only when everybody has answered. */
function foundIn({ collection, failures }: Reading): Collection | null {
  const error = firstError(failures);
  if (collection === null && error) throw error;
  return collection;
}

function activeOf(collection: Collection | null, ref: CollectionRef): Known {
  if (collection?.placement.state === 'active') return knownOf(collection);
  throw errors.collectionNotFound(ref.bucket, ref.collection);
}

function knownOf(collection: Collection): Known {
  const { placement } = collection;
  const members = membersOf(placement).map((name) => ({ name }));
  const { uid, version } = placement;
  // Made when it is needed: it is far larger than the rest, and many are only listed.
  let owners: readonly string[] | undefined;
  const ownerOf = (key: string): string => (owners ??= ownersOf(placement))[slotOf(key)]!;
  return { collection, uid, version, members, ownerOf };
}

const idOf = ({ bucket, collection }: CollectionRef): string =>
  JSON.stringify([bucket, collection]);
