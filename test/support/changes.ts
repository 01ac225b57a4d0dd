import type { CollectionRef, ShardChange, VectorStore } from '../../subgraphs/store.ts';
import type { Database } from '../../subgraphs/postgres/database.ts';
import { during } from './store-calls.ts';

/** The change of a collection's one shard. */
export async function changeOf(
  store: VectorStore,
  { bucket, collection }: CollectionRef,
): Promise<ShardChange | null> {
  const [rows] = await during((call) => store.changes([{ bucket, collection }], call));
  expect(rows).toMatchObject([{ error: null }]);
  return rows![0]!.change;
}

/** Whether what was seen before cannot be taken for what is there now. */
export function hasMoved(before: ShardChange | null, after: ShardChange | null): boolean {
  if (before === null || after === null) throw new Error('nobody counts');
  return before.table !== after.table || after.count > before.count;
}

/** Run statements as somebody else would, in one transaction. */
export const runBehind = (database: Database, ...texts: readonly string[]): Promise<void> =>
  during((call) =>
    database.transaction(async (query) => {
      for (const text of texts) await query({ text, values: [] });
    }, call),
  );
