import { isDeepStrictEqual } from 'node:util';
import {
  createOwnerOf,
  isFound,
  isHashed,
  membersOf,
  type Above,
  type SlotSet,
} from '../../schema/placement.ts';
import type { Collection, CollectionRef } from '../../subgraphs/store.ts';

/** An active collection, and where its parts are. */
export interface Known {
  readonly collection: Collection;
  readonly uid: string;
  readonly version: number;
  readonly members: readonly { readonly name: string }[];
  /** Keys have owners. */
  readonly hashed: boolean;
  /** The pod that owns a key; where none does, the first member, whose copies count. */
  readonly ownerOf: (key: string) => string;
  /**
   * Whether the pod's record of a key counts. There may be copies: on pods that do not own the key,
   * and of keys that a larger gateway gave to another of its pods than this one.
   */
  readonly counts: (pod: string, key: string) => boolean;
  /** The gateways above, as whose pods we have the collection; none at the top. */
  readonly regions: readonly Region[];
  /** What counts of a pod, as a search can be told; empty where there are no copies to tell apart. */
  readonly slotsOf: (pod: string) => readonly SlotSet[];
}

export interface Region {
  /** What we are called there. */
  readonly pod: string;
  readonly ownerOf: (key: string) => string;
}

/** What was learnt of active collections. */
export interface Memory {
  readonly learn: (collection: Collection) => void;
  readonly recall: (ref: CollectionRef) => Known | undefined;
  readonly forget: (ref: CollectionRef) => void;
}

export function createMemory(): Memory {
  const memory = new Map<string, { readonly known: Known; readonly learntAt: number }>();
  return {
    learn(collection) {
      const [oldest] = memory.keys();
      if (oldest !== undefined && memory.size >= rememberedMax) memory.delete(oldest);
      memory.set(idOf(collection), { known: knownOf(collection), learntAt: Date.now() });
    },
    recall(ref) {
      const { known, learntAt = 0 } = memory.get(idOf(ref)) ?? {};
      const old = known && isFound(known) && Date.now() - learntAt > foundMs;
      return old ? undefined : known;
    },
    forget: (ref) => void memory.delete(idOf(ref)),
  };
}

export function knownOf(collection: Collection): Known {
  const { placement } = collection;
  const { uid, version, slots, above = [] } = placement;
  const members = membersOf(placement).map((name) => ({ name }));
  const shared = { collection, uid, version, members };
  if (!isHashed(placement)) {
    const first = members[0]!.name;
    const counts = (pod: string): boolean => pod === first;
    const ownerOf = (): string => first;
    return { ...shared, hashed: false, ownerOf, counts, regions: [], slotsOf: () => [] };
  }

  const tierOf = (tier: Pick<Above, 'slots'>, level: number) => ({
    ...tier,
    level,
    ownerOf: createOwnerOf(tier.slots, level),
  });
  const own = tierOf({ slots }, above.length);
  const regions = above.map(({ pod, ...tier }, i) => ({
    pod,
    ...tierOf(tier, above.length - 1 - i),
  }));
  const hashed = { ...shared, hashed: true, ownerOf: own.ownerOf, regions };
  if (members.length === 1 && regions.length === 0) {
    return { ...hashed, counts: () => true, slotsOf: () => [] };
  }
  const tiersOf = (pod: string) => [{ pod, ...own }, ...regions];
  return {
    ...hashed,
    counts: (pod, key) =>
      own.ownerOf(key) === pod && regions.every((region) => region.ownerOf(key) === region.pod),
    slotsOf: (pod) =>
      tiersOf(pod).map((tier) => ({ level: tier.level, ranges: tier.slots[tier.pod] ?? [] })),
  };
}

/** Tables without a placement have no version that would tell them apart. */
export const isSame = (a: Known, b: Known): boolean =>
  a.uid === b.uid &&
  a.version === b.version &&
  (!isFound(a) || isDeepStrictEqual(a.collection, b.collection));

export const idOf = ({ bucket, collection }: CollectionRef): string =>
  JSON.stringify([bucket, collection]);

/** Collections that are remembered; the one that was learnt first makes room. */
const rememberedMax = 10_000;

/** No answer shows that a table without a placement has come up on another pod. */
const foundMs = 10_000;
