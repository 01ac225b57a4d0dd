import { codeOf } from '../../schema/errors.ts';
import { slotCountOf } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef, Inspection, ShardInspection } from '../../subgraphs/store.ts';
import { scatter } from '../scatter.ts';
import type { Known, Placements } from './placements.ts';
import type { Pods } from './pods.ts';

/** One request a pod for all its shards; a pod that gives none leaves rows that say why. */
export async function inspect(
  refs: readonly CollectionRef[],
  what: Inspection,
  call: Call,
  { pods, placements }: { readonly pods: Pods; readonly placements: Placements },
): Promise<readonly (readonly ShardInspection[])[]> {
  const found = await Promise.all(refs.map((ref) => knownOr(ref, placements, call)));
  const asked = pods.all.map(({ name, store }) => ({
    name,
    store,
    positions: found.flatMap((known, i) => (isMember(known, name) ? [i] : [])),
  }));
  const { answers } = await scatter(asked, ({ store, positions }) =>
    positions.length === 0 ? Promise.resolve([]) : store.inspect(positions.map((i) => refs[i]!), what, call),
  );
  return found.map(() => []);
}
