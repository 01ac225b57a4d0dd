import { parseFilter } from '../../../schema/filter-parser.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import type { Call } from '../../../subgraphs/call.ts';
import type { Query } from '../../../subgraphs/postgres/database.ts';
import { quoteIdentifier, tableOf } from '../../../subgraphs/postgres/sql/identifier.ts';
import type { CollectionRef, CollectionSpec, VectorStore } from '../../../subgraphs/store.ts';
import { specIn } from '../store-calls.ts';
import type { State } from './model.ts';
import type { Change } from './operation.ts';

type States = ReadonlyMap<string, State | null>;

/** Through a gateway. A collection that is dropped is made again by somebody else. */
export async function changeThrough(
  store: VectorStore,
  { bucket, collection }: CollectionRef,
  { change, states }: { readonly change: Change; readonly states: States },
  call: Call,
): Promise<unknown> {
  const write = { bucket, collection, version: null };
  const keys = [...states.keys()];
  switch (change.kind) {
    case 'put':
      return store.upsert({ ...write, records: recordsOf(states) }, call);
    case 'label': {
      const version = [...states.values()].find((state) => state)?.version ?? 0;
      const set = { version, group: change.group };
      return store.updateMetadata({ ...write, keys, set, unset: [], dryRun: false }, call);
    }
    case 'remove':
      return store.delete({ ...write, target: { keys } }, call);
    case 'removeGroup': {
      const options = { argument: 'filter', limits: defaultLimits };
      const filter = parseFilter({ group: change.group }, options)!;
      return store.delete({ ...write, target: { filter } }, call);
    }
    case 'replace':
      return store.deleteCollection(write, null, call);
    default:
      throw new Error(`No gateway can ${change.kind}.`);
  }
}

/** Behind the gateways' back, in one pod's database. */
export async function changeBehind(
  query: Query,
  ref: CollectionRef,
  { change, states }: { readonly change: Change; readonly states: States },
): Promise<void> {
  const table = tableOf(ref);
  if ('pod' in change) {
    const texts = change.kind === 'swap' ? swapTexts(ref) : [`truncate ${table}`];
    for (const text of texts) await query({ text, values: [] });
    return;
  }
  for (const [key, state] of states) {
    if (state === null) {
      await query({ text: `delete from ${table} where id = $1`, values: [key] });
    } else if (change.kind === 'label') {
      const text = `update ${table} set metadata = $2::text::jsonb where id = $1`;
      await query({ text, values: [key, JSON.stringify(metadataOf(state))] });
    } else {
      const text = `
        insert into ${table} (id, vec, metadata) values ($1, $2::text::vector, $3::text::jsonb)
        on conflict (id) do update set vec = excluded.vec, metadata = excluded.metadata`;
      await query({ text, values: [key, `[${state.at},0]`, JSON.stringify(metadataOf(state))] });
    }
  }
}

export const specOf = ({ bucket, collection }: CollectionRef): CollectionSpec =>
  specIn(bucket, collection, { metric: 'L1', ifNotExists: true });

/** As when a table is restored; its writes are counted from nothing. */
function swapTexts(ref: CollectionRef): readonly string[] {
  const table = tableOf(ref);
  const other = tableOf({ ...ref, collection: `${ref.collection}_other` });
  return [
    `create table ${other} (like ${table} including all)`,
    `drop table ${table}`,
    `alter table ${other} rename to ${quoteIdentifier(ref.collection)}`,
    `select quiver.watch('${table}'::regclass)`,
  ];
}

const metadataOf = ({ version, group }: State) => ({ version, group });

const recordsOf = (states: States) =>
  [...states].flatMap(([key, state]) =>
    state ? [{ key, vector: Float32Array.of(state.at, 0), metadata: metadataOf(state) }] : [],
  );
