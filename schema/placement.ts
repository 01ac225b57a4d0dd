import { errors } from './errors.ts';
import { slotCount, slotOf } from './key.ts';

/** From and to, both inclusive, within 0..1023. */
export type SlotRange = readonly [from: number, to: number];

/** Keys whose slot of a level, as `slotOf` has it, is in one of the ranges. */
export type SlotSet = { readonly level: number; readonly ranges: readonly SlotRange[] };

export type PlacementState = 'creating' | 'active' | 'dropped';

/** Which pod holds which slots of a collection; a copy is stored on each member pod. */
export interface Placement {
  readonly uid: string;
  /** Grows with every change; what is written under an older one is refused. */
  readonly version: number;
  readonly state: PlacementState;
  readonly slots: Slots;
  /** Where the gateway over these pods is itself a pod of a larger one: what it is there, and so on up. */
  readonly above?: readonly Above[];
  /** While it is being created: some pod has its part in use already, and may have been written to. */
  readonly inUse?: boolean;
  /** On a pod: the collections of the name that were there before, and ended there, the latest last. */
  readonly ended?: readonly string[];
}

/** What a larger gateway gave to the pod, a gateway like itself. */
export interface Above {
  readonly pod: string;
  readonly slots: Slots;
}

/** Slot ranges by pod name; together they cover every slot once, or there are none at all. */
export type Slots = Readonly<Record<string, readonly SlotRange[]>>;

/** Which bytes of the md5 make the slots, as `slotOf` has it: 0 for a gateway that is nobody's pod. */
export const levelOf = ({ above = [] }: Pick<Placement, 'above'>): number => above.length;

/** The uid of every table that Quiver did not make: no row of `quiver.placement` says whose it is. */
export const foundUid = 'found';

export const isFound = ({ uid }: Pick<Placement, 'uid'>): boolean => uid === foundUid;

/** Keys have owners; a table found on several pods has only members, each of which may hold any. */
export const isHashed = ({ slots }: Pick<Placement, 'slots'>): boolean =>
  Object.values(slots).some((ranges) => ranges.length > 0);

/** Equal shares of the slots, in the order of the names. */
export function spreadSlots(pods: readonly string[]): Record<string, SlotRange[]> {
  const start = (i: number): number => Math.floor((i * slotCount) / pods.length);
  return Object.fromEntries(pods.map((pod, i) => [pod, [[start(i), start(i + 1) - 1]]]));
}

export const membersOf = ({ slots }: Pick<Placement, 'slots'>): string[] =>
  Object.keys(slots).sort();

/** The members of the largest gateway: only by way of it may the collection be deleted. */
export const outermostMembers = ({ slots, above = [] }: Placement): string[] =>
  membersOf(above.at(-1) ?? { slots });

/** The pod that owns each slot, by slot. */
export function ownersOf(placement: Pick<Placement, 'slots'>): readonly string[] {
  const owners = new Array<string>(slotCount);
  for (const [pod, ranges] of Object.entries(placement.slots)) {
    for (const [from, to] of ranges) owners.fill(pod, from, to + 1);
  }
  return owners;
}

/**
 * Finds the pod that owns a key by its slot of a level. The table is made when it is needed: it is far
 * larger than the rest of a collection, and many are only listed.
 */
export function createOwnerOf(slots: Slots, level: number): (key: string) => string {
  let owners: readonly string[] | undefined;
  return (key) => (owners ??= ownersOf({ slots }))[slotOf(key, level)]!;
}

/** null where keys have no owners. */
export function slotCountOf(placement: Placement, pod: string): number | null {
  if (!isHashed(placement)) return null;
  return (placement.slots[pod] ?? []).reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** The placement of a larger gateway as its pod has it, a gateway that is to spread its own slots. */
export function placementBelow(pod: string, placement: Placement): Placement {
  const { slots, above = [], ...rest } = placement;
  return { ...rest, slots: {}, above: [{ pod, slots }, ...above] };
}

/**
 * The way back: a placement of a gateway as the larger one sees it. What it did not make itself is
 * all the pod's.
 */
export function placementAbove(pod: string, placement: Placement): Placement {
  const { above = [], ...rest } = placement;
  const [nearest, ...further] = above;
  return {
    ...rest,
    slots: nearest?.slots ?? { [pod]: [[0, slotCount - 1]] },
    ...(further.length > 0 ? { above: further } : {}),
  };
}

/** A placement that came as JSON from a gateway, which is ours: only its shape is checked. */
export function readPlacement(input: unknown): Placement | null {
  if (input === null || input === undefined) return null;
  const { uid, version, state, slots, above } = input as Partial<Placement>;
  const whole =
    typeof uid === 'string' && typeof version === 'number' && typeof slots === 'object' && state;
  if (!whole || slots === null) throw errors.badInput('placement', 'a placement', input);
  return { uid, version, state, slots, ...(above ? { above } : {}) };
}
