import { errors } from '../../schema/errors.ts';
import type { Call } from '../call.ts';
import type { CollectionRef, ShardChange, ShardChanged } from '../store.ts';
import type { Context } from './context.ts';
import { withKnown } from './known.ts';
import {
  changesStatement,
  changeStatement,
  unwatchStatement,
  watchStatement,
} from './sql/changes.ts';

/** One statement, however many collections; gateways ask it all the time. */
export async function readChanges(
  { database, catalogue, compactor, pod }: Context,
  refs: readonly CollectionRef[],
  call: Call,
): Promise<readonly (readonly ShardChanged[])[]> {
  if (!catalogue.counting) return refs.map(() => [{ pod, change: null, error: null }]);
  const statement = changesStatement(catalogue, refs);
  const rows = await database.query<{ name: string; change: string | null }>(statement, call);
  return rows.map(({ name, change }) => {
    const counted = toCounted(change);
    if (counted) compactor.seen(name, counted.rowCount);
    return [{ pod, change: counted?.change ?? null, error: null }];
  });
}

/** Needs the table's owner. Waits for those who are writing to it, and they then for this. */
export function watch(
  { database, memory, catalogue, pod }: Context,
  ref: CollectionRef,
  on: boolean,
  call: Call,
): Promise<void> {
  if (!catalogue.counting) {
    throw errors.forbidden(pod, 'quiver.changes is not there and its role may not make it');
  }
  return withKnown(memory, ref, call, async ({ table: { name } }) => {
    await database.query(on ? watchStatement(name) : unwatchStatement(name), call);
    const [row] = await database.query<{ change: string | null }>(changeStatement(name), call);
    if (on && !row?.change) throw notCounted(ref);
  });
}

const notCounted = ({ collection }: CollectionRef): Error =>
  errors.badRequest(
    'collection',
    `collection must have a logged table, without inheritance or partitions, for its writes to be counted; that of "${collection}" is none.`,
  );

/** What `changeText` gave. */
export function toCounted(
  text: string | null | undefined,
): { readonly change: ShardChange; readonly rowCount: number } | null {
  if (!text) return null;
  const [table = '', count, rowCount] = text.split(' ');
  return { change: { table, count: Number(count) }, rowCount: Number(rowCount) };
}
