import { errors } from '../../schema/errors.ts';
import { levelOf, membersOf, type Placement } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { Collection, CollectionSpec } from '../../subgraphs/store.ts';
import type { Reading } from './reading.ts';
import type { Pods } from './pods.ts';

export interface Creation {
  readonly collection: Collection;
  readonly created: boolean;
}

/**
 * One pass of a creation over its pods: 'creating' in the order of their names, 'active' in the
 * reverse order. What the last pod says, or the first that has another collection in its place.
 */
export async function takeStep(
  spec: CollectionSpec,
  placement: Placement,
  pods: Pods,
  call: Call,
): Promise<Creation> {
  const members = membersOf(placement);
  const [first, ...others] = placement.state === 'creating' ? members : members.toReversed();
  const on = async (pod: string): Promise<Creation> => {
    const made = await pods.store(pod).createCollection({ ...spec, pods: null }, placement, call);
    requireTree(pod, made, placement);
    return made;
  };

  let made = await on(first!);
  for (const pod of others) {
    if (!isOurs(made, placement)) return made;
    made = await on(pod);
  }
  return made;
}

/** A pod of an older version keeps nothing of the gateways above, so that keys would go astray. */
function requireTree(pod: string, made: Creation, placement: Placement): void {
  const kept = levelOf(made.collection.placement) === levelOf(placement);
  if (kept || !isOurs(made, placement)) return;
  throw errors.podUnavailable(
    pod,
    'is of an older version, which knows nothing of trees of gateways',
  );
}

export const isOurs = ({ collection }: Creation, { uid }: Placement): boolean =>
  collection.placement.uid === uid && collection.placement.state !== 'dropped';

export function requireAnswers({ failures }: Reading, members: readonly string[]): void {
  const failure = failures.find(({ pod }) => members.includes(pod));
  if (failure) throw failure.error;
}

/** A pod keeps what is active there until it is told that this collection is gone. */
export async function removeSuperseded(reading: Reading, pods: Pods, call: Call): Promise<void> {
  for (const { pod, collection } of reading.superseded) {
    const { placement } = collection;
    const tombstone = { ...placement, state: 'dropped', version: placement.version + 1 } as const;
    await pods.store(pod).deleteCollection(collection, tombstone, call);
  }
}
