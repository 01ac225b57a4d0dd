import { isDeepStrictEqual } from 'node:util';
import { slotOf } from '../../schema/key.ts';
import { isFound, isHashed, levelOf, membersOf, ownersOf } from '../../schema/placement.ts';
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
  const members = membersOf(placement).map((name) => ({ name }));
  const { uid, version } = placement;
  // Made when it is needed: it is far larger than the rest, and many are only listed.
  let owners: readonly string[] | undefined;
  const level = levelOf(placement);
  const ownerOf = (key: string): string => (owners ??= ownersOf(placement))[slotOf(key, level)]!;
  if (isHashed(placement)) return { collection, uid, version, members, hashed: true, ownerOf };
  const first = members[0]!.name;
  return { collection, uid, version, members, hashed: false, ownerOf: () => first };
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
