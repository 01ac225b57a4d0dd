import { membersOf } from '../../schema/placement.ts';
import { inHalf, type Call } from '../../subgraphs/call.ts';
import type { CollectionRef, MetadataWrite, VectorStore } from '../../subgraphs/store.ts';
import { allOf } from '../scatter.ts';
import { throwMistake } from './attempt.ts';
import { perform, type Target, type Write } from './perform.ts';
import { foundIn, type Placements } from './placements.ts';
import type { Pods } from './pods.ts';
import { requireOwn, routeByKey, type Leg } from './route.ts';

export function createWrites(rooms: {
  readonly pods: Pods;
  readonly placements: Placements;
}): Pick<VectorStore, 'upsert' | 'updateMetadata' | 'delete'> {
  return {
    upsert: (write, call) =>
      perform(
        keyed({
          ref: write,
          items: write.records,
          keyOf: (record) => record.key,
          argument: (i) => `records[${i}].key`,
          send: (store, records, version) => store.upsert({ ...write, records, version }, call),
        }),
        call,
        rooms,
      ),
    async updateMetadata(write, call) {
      await requireSmall(write, call, rooms);
      if (write.dryRun) return 0;
      const byKey = keyed({
        ref: write,
        items: write.keys,
        keyOf: (key) => key,
        argument: (i) => `keys[${i}]`,
        send: (store, keys, version) => store.updateMetadata({ ...write, keys, version }, call),
      });
      return perform(byKey, call, rooms);
    },
    async delete(write, call) {
      if ('keys' in write.target) {
        const byKey = keyed({
          ref: write,
          items: write.target.keys,
          keyOf: (key) => key,
          argument: (i) => `keys[${i}]`,
          send: (store, keys, version) =>
            store.delete({ ...write, target: { keys }, version }, call),
        });
        return perform(byKey, call, rooms);
      }
      await requireMembers(write, call, rooms);
      const everywhere: Write<{ readonly name: string }> = {
        ref: write,
        byKey: false,
        split: ({ members }) => members,
        send: (store, _, version) => store.delete({ ...write, version }, call),
      };
      return perform(everywhere, call, rooms);
    },
  };
}

/** Only its pod knows whether a record would become too large: all say so before any writes. */
async function requireSmall(
  write: MetadataWrite,
  call: Call,
  { pods, placements }: { readonly pods: Pods; readonly placements: Placements },
): Promise<void> {
  const known = await placements.findOwned(write, call);
  const legs = routeByKey(known, write.keys, (key) => key);
  if (legs.length <= 1 && !write.dryRun) return;
  const { version } = known;
  const { failures } = await pods.scatter(legs, (store, { items: keys }) =>
    store.updateMetadata({ ...write, keys, version, dryRun: true }, call),
  );
  throwMistake(failures);
}

/** What a filter matches may be on any shard: while one is down the others delete nothing. */
async function requireMembers(
  ref: CollectionRef,
  call: Call,
  { pods, placements }: { readonly pods: Pods; readonly placements: Placements },
): Promise<void> {
  const reading = await placements.read(ref, call);
  const collection = foundIn(reading);
  const { failures } = reading;
  const members = collection ? membersOf(collection.placement) : [];
  const silent = failures.find(({ pod }) => members.includes(pod));
  if (silent) throw silent.error;
  // A member that is a gateway itself speaks for its own as long as one of them is up.
  const named = members.map((name) => ({ name }));
  const shards = allOf(
    await inHalf(call, (part) => pods.scatter(named, (store) => store.changes([ref], part))),
  );
  const failed = shards.flat(2).find(({ error }) => error !== null);
  if (failed?.error) throw failed.error;
}

/** A write of items that each belong to the owner of a key. */
function keyed<T>(write: {
  readonly ref: Target;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** What the key of an item is called in the request. */
  readonly argument: (i: number) => string;
  readonly send: (store: VectorStore, items: readonly T[], version: number) => Promise<number>;
}): Write<Leg<T>> {
  return {
    ref: write.ref,
    byKey: true,
    split(known, parts) {
      requireOwn(known, write);
      return routeByKey(known, parts?.flatMap(({ items }) => items) ?? write.items, write.keyOf);
    },
    send: (store, { items }, version) => write.send(store, items, version),
  };
}
