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
    const rows = [...said].flatMap(([pod, collection]) =>
      collection ? [{ pod, collection }] : [],
    );
    const silent = failures.map(({ pod }) => pod);
    return { ...settle(rows, { silent, home: homeOf(ref) }), rows, failures };
  };

  let tell: (reading: Reading) => void;
  const members = new Promise<Reading>((resolve) => (tell = resolve));
  let grace: NodeJS.Timeout | undefined;
  const listen = (): void => {
    if (grace || !isWhole(read([]), said)) return;
    grace = setTimeout(() => {
      const reading = read([]);
      if (isWhole(reading, said)) tell(reading);
    }, graceMs);
  };

  const asked = inHalf(call, (part) =>
    pods.scatter(pods.all, async (store, { name }) => {
      said.set(name, await store.describe(ref, part, { fresh: true }));
      listen();
    }),
  );
  const all = asked.then(({ failures }) => {
    clearTimeout(grace);
    return read(failures);
  });
  return { all, members };
}

/** All members of a collection that is placed and in use have spoken, and agree. */
function isWhole(
  { collection, dispute }: Settled,
  said: ReadonlyMap<string, Collection | null>,
): boolean {
  if (collection?.placement.state !== 'active' || dispute !== null) return false;
  const { placement } = collection;
  return !isFound(placement) && membersOf(placement).every((pod) => said.has(pod));
}
