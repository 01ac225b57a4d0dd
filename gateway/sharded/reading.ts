import { isFound, membersOf } from '../../schema/placement.ts';
import { inHalf, type Call } from '../../subgraphs/call.ts';
import type { Collection, CollectionRef } from '../../subgraphs/store.ts';
import type { Failure } from '../scatter.ts';
import type { HomeOf } from './found.ts';
import type { NamedStore, Pods } from './pods.ts';
import { settle, type Row, type Settled } from './settle.ts';

/** What the pods said of a collection. */
export interface Reading extends Settled {
  readonly rows: readonly Row[];
  readonly failures: readonly Failure<NamedStore>[];
}

interface Rooms {
  readonly pods: Pods;
  readonly homeOf: HomeOf;
}

/** The members of a collection have spoken: so long it waits for others that may contradict them. */
const graceMs = 100;

/**
 * What the pods say of a collection now, in half of the time that is left; never rejects. `members`
 * is there sooner when pods keep silent that have no part of it: whether it has ended its own
 * members know. It never is where they do not say enough.
 */
export function readPods(
  ref: CollectionRef,
  call: Call,
  { pods, homeOf }: Rooms,
): { readonly all: Promise<Reading>; readonly members: Promise<Reading> } {
  const said = new Map<string, Collection | null>();
  const read = (failures: Reading['failures']): Reading => {
    // In the order of the pods, and not as they answered: what is said of them is always the same.
    const rows = pods.all.flatMap(({ name: pod }) => {
      const collection = said.get(pod);
      return collection ? [{ pod, collection }] : [];
    });
    const silent = failures.map(({ pod }) => pod);
    return { ...settle(rows, { silent, home: homeOf(ref) }), rows, failures };
  };

  let tell: (reading: Reading) => void;
  const members = new Promise<Reading>((resolve) => (tell = resolve));
  let grace: NodeJS.Timeout | undefined;
  const listen = (collection: Collection | null): void => {
    // Settling is dear where pods are many: once, when it can be of use.
    if (grace || !haveSpoken(collection, said) || !isWhole(read([]), said)) return;
    grace = setTimeout(() => {
      const reading = read([]);
      if (isWhole(reading, said)) tell(reading);
    }, graceMs);
  };

  const asked = inHalf(call, (part) =>
    pods.scatter(pods.all, async (store, { name }) => {
      const collection = await store.describe(ref, part, { fresh: true });
      said.set(name, collection);
      listen(collection);
    }),
  );
  const all = asked.then(({ failures }) => {
    clearTimeout(grace);
    return read(failures);
  });
  return { all, members };
}

type Said = ReadonlyMap<string, Collection | null>;

/** All members of a collection that is placed and in use have spoken, and agree. */
const isWhole = ({ collection, dispute }: Settled, said: Said): boolean =>
  dispute === null && haveSpoken(collection, said) && collection?.placement.state === 'active';

const haveSpoken = (collection: Collection | null, said: Said): boolean =>
  collection !== null &&
  !isFound(collection.placement) &&
  membersOf(collection.placement).every((pod) => said.has(pod));
