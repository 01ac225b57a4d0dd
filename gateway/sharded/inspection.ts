import { slotCountOf } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef, Inspection, ShardInspection } from '../../subgraphs/store.ts';
import { toError } from '../scatter.ts';
import type { Known } from './known.ts';
import type { Placements } from './placements.ts';
import type { Pods } from './pods.ts';

/** One request a pod for all its shards; a pod that gives none leaves rows that say why. */
export async function inspect(
  refs: readonly CollectionRef[],
  what: Inspection,
  call: Call,
  { pods, placements }: { readonly pods: Pods; readonly placements: Placements },
): Promise<readonly (readonly ShardInspection[])[]> {
  const found = await Promise.all(refs.map((ref) => placements.find(ref, call).catch(toError)));
  const { answers, failures } = await pods.scatter(legsOf(found), (store, { positions }) =>
    store.inspect(
      positions.map((i) => refs[i]!),
      what,
      call,
    ),
  );

  const rows = found.map((known) =>
    known instanceof Error ? pods.all.map(({ name }) => failedRow(name, known, known)) : [],
  );
  for (const { from, answer } of answers) {
    from.positions.forEach((position, i) => {
      const { hashed } = found[position] as Known;
      const shards = answer[i] ?? [];
      rows[position]!.push(...(hashed ? shards : shards.map(withoutSlots)));
    });
  }
  for (const { from, error } of failures) {
    for (const position of from.positions) {
      rows[position]!.push(failedRow(from.name, found[position]!, error));
    }
  }
  return rows.map((shards) => shards.sort((a, b) => (a.pod < b.pod ? -1 : 1)));
}

interface Leg {
  readonly name: string;
  readonly positions: readonly number[];
}

function legsOf(found: readonly (Known | Error)[]): readonly Leg[] {
  const legs = new Map<string, { name: string; positions: number[] }>();
  found.forEach((known, position) => {
    if (known instanceof Error) return;
    for (const { name } of known.members) {
      const leg = legs.get(name) ?? { name, positions: [] };
      leg.positions.push(position);
      legs.set(name, leg);
    }
  });
  return [...legs.values()];
}

const failedRow = (pod: string, known: Known | Error, error: Error): ShardInspection => ({
  pod,
  slotCount: known instanceof Error ? null : slotsOn(pod, known),
  error,
  count: null,
  bytes: null,
  indexes: null,
});

const slotsOn = (pod: string, { hashed, collection }: Known): number | null =>
  hashed ? slotCountOf(collection.placement, pod) : null;

/** A pod takes a table that it found for its own; we know that others have it too. */
const withoutSlots = (shard: ShardInspection): ShardInspection => ({ ...shard, slotCount: null });
