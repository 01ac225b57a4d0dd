import { createHash } from 'node:crypto';
import { errors } from '../../schema/errors.ts';
import type { Call } from '../call.ts';
import type { CollectionRef, ShardChange, ShardChanged } from '../store.ts';
import { settingOf, type Catalogue } from './catalogue.ts';
import type { Context } from './context.ts';
import { withKnown } from './known.ts';
import {
  changesStatement,
  changeStatement,
  unwatchStatement,
  watchStatement,
} from './sql/changes.ts';
import { tableOf } from './sql/identifier.ts';
import { vecsMapping, type TableMapping } from './table.ts';

/** One statement, however many collections; gateways ask it all the time. */
export async function readChanges(
  { database, catalogue, compactor, pod }: Context,
  refs: readonly CollectionRef[],
  call: Call,
): Promise<readonly (readonly ShardChanged[])[]> {
  if (!catalogue.counting) return refs.map(() => [{ pod, change: null, error: null }]);
  const statement = changesStatement(catalogue, refs);
  const rows = await database.query<{ name: string; change: string | null }>(statement, call);
  return rows.map(({ name, change }, i) => {
    const counted = toCounted(change, mappingOf(catalogue, refs[i]!, name));
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

/**
 * What `changeText` gave. Under another mapping the same rows are other records, so that a table
 * with one is told from the table without.
 */
export function toCounted(
  text: string | null | undefined,
  { id, vector, metadata, columns }: TableMapping,
): { readonly change: ShardChange; readonly rowCount: number } | null {
  if (!text) return null;
  const [incarnation = '', count, rowCount] = text.split(' ');
  const mapped = createHash('sha256').update(JSON.stringify([id, vector, metadata, columns]));
  const table = `${incarnation}.${mapped.digest('base64url').slice(0, 8)}`;
  return { change: { table, count: Number(count) }, rowCount: Number(rowCount) };
}

/** By which the collection shows the table of this name: what is placed hides what is mapped. */
function mappingOf(catalogue: Catalogue, ref: CollectionRef, name: string): TableMapping {
  const mapping = settingOf(catalogue, ref)?.mapping;
  const isMapped =
    mapping && tableOf({ bucket: mapping.schema, collection: mapping.table }) === name;
  return isMapped ? mapping : vecsMapping(ref);
}
