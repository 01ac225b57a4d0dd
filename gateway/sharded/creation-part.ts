import { errors } from '../../schema/errors.ts';
import { levelCount } from '../../schema/key.ts';
import { levelOf, membersOf, spreadSlots, type Placement } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { CollectionSpec } from '../../subgraphs/store.ts';
import { removeSuperseded, requireAnswers, takeStep, type Creation } from './creation-steps.ts';
import { requireAgreement, type Placements } from './placements.ts';
import type { Pods } from './pods.ts';

/**
 * One step of a larger gateway's creation, as whose pod this one takes it to all pods of its own. As
 * each pod is passed in the same order by all who create, nothing else is to be decided here.
 */
export async function createPart(
  spec: CollectionSpec,
  placement: Placement,
  call: Call,
  { pods, placements }: { readonly pods: Pods; readonly placements: Placements },
): Promise<Creation> {
  requireRoom(placement);
  const names = pods.all.map(({ name }) => name).sort();
  const reading = await placements.read(spec, call);
  requireAnswers(reading, names);
  requireAgreement(reading);
  await removeSuperseded(reading, pods, call);

  const there = reading.collection;
  const isSame = there?.placement.uid === placement.uid;
  if (there?.placement.state === 'active' && !isSame) return { collection: there, created: false };
  const slots = isSame ? there.placement.slots : spreadSlots(names);
  const made = await takeStep(spec, { ...placement, slots }, pods, call);
  placements.forget(spec);
  return made;
}

/** Its slots are ours to spread, by bytes of the md5 that no larger gateway goes by. */
function requireRoom(placement: Placement): void {
  const isOurs = membersOf(placement).length === 0 && levelOf(placement) > 0;
  if (isOurs && levelOf(placement) < levelCount) return;
  throw errors.badRequest(
    'placement',
    `A placement must come from a larger gateway, of which at most ${levelCount - 1} stand over each other, with the header x-quiver-pod.`,
  );
}
