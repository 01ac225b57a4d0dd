import { slotCountOf } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import type {
  CollectionRef,
  Inspection,
  ShardChanged,
  ShardInspection,
  ShardsRef,
  VectorStore,
} from '../../subgraphs/store.ts';
import { toError } from '../scatter.ts';
import type { Known } from './known.ts';
import type { Rooms } from './reads.ts';

export const inspect = (
  refs: readonly CollectionRef[],
  what: Inspection,
  call: Call,
  rooms: Rooms,
): Promise<readonly (readonly ShardInspection[])[]> =>
  eachShard(refs, call, rooms, {
    ask: (store, wanted) => store.inspect(wanted, what, call),
    // A pod takes a table that it found for its own; we know that others have it too.
    answered: (shard, { hashed }) => (hashed ? shard : { ...shard, slotCount: null }),
    failed: failedInspection,
  });

export const changes = (
  refs: readonly ShardsRef[],
  call: Call,
  rooms: Rooms,
): Promise<readonly (readonly ShardChanged[])[]> =>
  eachShard(refs, call, rooms, {
    quietly: true,
    ask: (store, wanted) => store.changes(wanted, call),
    answered: (shard) => shard,
    failed: (pod, _, error) => ({ pod, change: null, error }),
  });

/** A question about collections that has an answer for each of their shards. */
interface Question<Row> {
  /** Pods that do not answer are nothing for the log. */
  readonly quietly?: boolean;
  readonly ask: (
    store: VectorStore,
    refs: readonly CollectionRef[],
  ) => Promise<readonly (readonly Row[])[]>;
  readonly answered: (row: Row, known: Known) => Row;
  readonly failed: (pod: string, known: Known | Error, error: Error) => Row;
}

/** One request a pod for all its shards; a pod that gives none leaves rows that say why. */
async function eachShard<Row extends { readonly pod: string }>(
  refs: readonly ShardsRef[],
  call: Call,
  { pods, placements }: Rooms,
  { ask, answered, failed, quietly = false }: Question<Row>,
): Promise<readonly (readonly Row[])[]> {
  const found = await Promise.all(refs.map((ref) => placements.find(ref, call).catch(toError)));
  const scatter = quietly ? pods.scatterQuietly : pods.scatter;
  const { answers, failures } = await scatter(legsOf(found, refs), (store, { positions }) =>
    ask(
      store,
      positions.map((i) => refs[i]!),
    ),
  );

  const rows = found.map((known) =>
    known instanceof Error ? pods.all.map(({ name }) => failed(name, known, known)) : [],
  );
  for (const { from, answer } of answers) {
    from.positions.forEach((position, i) => {
      const known = found[position] as Known;
      rows[position]!.push(...(answer[i] ?? []).map((row) => answered(row, known)));
    });
  }
  for (const { from, error } of failures) {
    for (const position of from.positions) {
      rows[position]!.push(failed(from.name, found[position]!, error));
    }
  }
  return rows.map((shards) => shards.sort((a, b) => (a.pod < b.pod ? -1 : 1)));
}

interface Leg {
  readonly name: string;
  readonly positions: readonly number[];
}

function legsOf(found: readonly (Known | Error)[], refs: readonly ShardsRef[]): readonly Leg[] {
  const legs = new Map<string, { name: string; positions: number[] }>();
  found.forEach((known, position) => {
    if (known instanceof Error) return;
    for (const name of membersOf(known, refs[position]!)) {
      const leg = legs.get(name) ?? { name, positions: [] };
      leg.positions.push(position);
      legs.set(name, leg);
    }
  });
  return [...legs.values()];
}

const membersOf = ({ members, hashed, ownerOf }: Known, { keys }: ShardsRef): Iterable<string> =>
  keys && hashed ? new Set(keys.map(ownerOf)) : members.map(({ name }) => name);

const failedInspection = (pod: string, known: Known | Error, error: Error): ShardInspection => ({
  pod,
  slotCount: known instanceof Error ? null : slotCountOf(known.collection.placement, pod),
  error,
  count: null,
  bytes: null,
  indexes: null,
});
