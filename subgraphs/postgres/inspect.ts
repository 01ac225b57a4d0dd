import { slotCountOf } from '../../schema/placement.ts';
import type { Call } from '../call.ts';
import type { CollectionRef, Inspection, ShardInspection } from '../store.ts';
import type { Context } from './context.ts';
import { withKnown, type Known } from './known.ts';
import { toIndexes, type IndexRow } from './rows.ts';
import { inspectStatement } from './sql/inspect.ts';

/** One row a collection, and one statement unless only slots are wanted; failures stay in their row. */
export function inspectCollections(
  context: Context,
  refs: readonly CollectionRef[],
  what: Inspection,
  call: Call,
): Promise<ShardInspection[][]> {
  return Promise.all(
    refs.map(async (ref) => {
      try {
        return [await inspectOne(context, ref, what, call)];
      } catch (error) {
        return [{ ...nothing(context.pod), error: error instanceof Error ? error : null }];
      }
    }),
  );
}

interface InspectionRow {
  readonly count?: number;
  readonly bytes?: number;
  readonly indexes?: readonly IndexRow[] | null;
}

const inspectOne = (
  { database, memory, pod }: Context,
  ref: CollectionRef,
  what: Inspection,
  call: Call,
): Promise<ShardInspection> =>
  withKnown(memory, ref, call, async (known) => {
    const wanted = what.count || what.bytes || what.indexes;
    const [row] = wanted
      ? await database.query<InspectionRow>(inspectStatement(known.table, what), call)
      : [];
    return {
      ...nothing(pod),
      slotCount: ownSlots(known, pod),
      count: row?.count ?? null,
      bytes: row?.bytes ?? null,
      indexes: what.indexes ? toIndexes(row?.indexes ?? []) : null,
    };
  });

const ownSlots = ({ collection }: Known, pod: string): number | null =>
  slotCountOf(collection.placement, pod);

const nothing = (pod: string): ShardInspection => ({
  pod,
  slotCount: null,
  error: null,
  count: null,
  bytes: null,
  indexes: null,
});
