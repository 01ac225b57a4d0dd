import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { errors } from '../../schema/errors.ts';
import { spreadSlots, type Placement } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import { checkPods, differenceOf, requireSame } from '../../subgraphs/collections.ts';
import type { Collection, CollectionSpec } from '../../subgraphs/store.ts';
import { within } from '../../subgraphs/within.ts';
import {
  isOurs,
  removeSuperseded,
  requireAnswers,
  takeStep,
  type Creation,
} from './creation-steps.ts';
import { requireAgreement, type Placements } from './placements.ts';
import type { Pods } from './pods.ts';
import type { Reading } from './reading.ts';

/** Gateways that create the same name with different specs can overtake each other this often. */
const attemptsMax = 9;
const pauseMs = 10;
/** So often what is under way is left to whoever is at it, some 1.3 s in all. */
const attemptsPatient = 7;

/**
 * Make a collection on its pods in two passes over them: 'creating' in the order of their names,
 * 'active' in the reverse order, so that the first pod's row is the moment at which the collection
 * is there and whoever sets it has created it. A creation that was cut half-way is finished by the
 * next one with the same spec, and gateways that create at once finish the same one.
 */
export async function createCollection(
  spec: CollectionSpec,
  call: Call,
  { pods, placements }: { readonly pods: Pods; readonly placements: Placements },
): Promise<Creation> {
  const members = membersFor(spec, pods);
  let versionMet = 0;

  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (attempt > 0) await pause(attempt, call);
    const reading = await placements.read(spec, call);
    requireAnswers(reading, members);
    requireAgreement(reading);
    if (reading.collection?.placement.state === 'active') return existing(spec, reading.collection);
    await removeSuperseded(reading, pods, call);

    const placement = placementFor(spec, members, reading, versionMet);
    const other = inTheWay(reading, placement);
    if (other) {
      if (attempt >= attemptsPatient) await finish(other, pods, call);
      continue;
    }
    const made = await carryOut(spec, placement, pods, call);
    if (!isOurs(made, placement)) {
      versionMet = Math.max(versionMet, made.collection.placement.version);
      continue;
    }
    placements.learn(made.collection);
    return made.created ? made : existing(spec, made.collection);
  }
  throw errors.podUnavailable(
    members[0]!,
    `has other creations of "${spec.collection}" under way; try again`,
  );
}

/** Twice as long each time, and of random length: in step they would overtake each other for ever. */
const pause = (attempt: number, call: Call): Promise<void> =>
  within(call, sleep(Math.random() * pauseMs * 2 ** attempt, undefined, { ref: false }));

function membersFor({ pods: wanted }: CollectionSpec, { all }: Pods): readonly string[] {
  const names = all.map(({ name }) => name).sort();
  checkPods(wanted, names);
  return wanted ? [...new Set(wanted)].sort() : names;
}

const existing = (spec: CollectionSpec, there: Collection): Creation => ({
  collection: requireSame(spec, there),
  created: false,
});

/**
 * Another creation that was cut, or is being carried out, in its second pass. Its parts are all there,
 * and where they are active somebody may have written to them: it can only go on to its end.
 */
function inTheWay({ collection }: Reading, { uid }: Placement): Collection | null {
  if (collection?.placement.state !== 'creating' || collection.placement.uid === uid) return null;
  return collection.placement.inUse ? collection : null;
}

/** In the place of whoever began it, if nobody else does. */
async function finish(collection: Collection, pods: Pods, call: Call): Promise<void> {
  const { placement, createdAt: _, ...properties } = collection;
  const spec = { ...properties, pods: null, ifNotExists: true };
  await carryOut(spec, placement, pods, call);
}

/**
 * That of a creation under way with the same spec, unless some pod has a later word on the name, as
 * when it was deleted there since; else a new one, above all that was ever seen.
 */
function placementFor(
  spec: CollectionSpec,
  members: readonly string[],
  { collection, rows }: Reading,
  versionMet: number,
): Placement {
  const slots = spreadSlots(members);
  const underWay = collection?.placement;
  const others = rows
    .map((row) => row.collection.placement)
    .filter(({ uid }) => uid !== underWay?.uid);
  const latest = Math.max(versionMet, ...others.map(({ version }) => version));
  if (underWay?.state === 'creating' && isSameSpec(spec, collection!)) {
    const same = isDeepStrictEqual(underWay.slots, slots) && !underWay.above;
    if (same && underWay.version > latest) return underWay;
  }
  const version = Math.max(latest, underWay?.version ?? 0) + 1;
  return { uid: randomUUID(), version, state: 'creating', slots };
}

const isSameSpec = (spec: CollectionSpec, collection: Collection): boolean =>
  differenceOf(spec, collection) === undefined &&
  isDeepStrictEqual(spec.nonFilterableKeys, collection.nonFilterableKeys);

/** Both passes, or what another gateway that got in between has put in the place. */
async function carryOut(
  spec: CollectionSpec,
  placement: Placement,
  pods: Pods,
  call: Call,
): Promise<Creation> {
  const begun = await takeStep(spec, { ...placement, state: 'creating' }, pods, call);
  if (!isOurs(begun, placement)) return begun;
  return takeStep(spec, { ...placement, state: 'active' }, pods, call);
}
