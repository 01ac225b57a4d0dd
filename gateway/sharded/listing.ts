import { compareBytes } from '../../schema/key.ts';
import { inHalf, type Call } from '../../subgraphs/call.ts';
import type {
  Collection,
  CollectionPage,
  CollectionRef,
  CollectionsQuery,
} from '../../subgraphs/store.ts';
import { firstError, type Failure } from '../scatter.ts';
import type { Placements } from './placements.ts';
import type { NamedStore, Pods } from './pods.ts';
import type { HomeOf } from './found.ts';
import { settle, type Row } from './settle.ts';
import type { Sweeper } from './sweeper.ts';

/** One page of every pod's collections. */
interface Round {
  readonly rows: readonly Row[];
  /** Up to here every pod has told all; null: to the end. */
  readonly horizon: CollectionRef | null;
  readonly failures: readonly Failure<NamedStore>[];
  /** Those that a pod, being a gateway, could not ask. */
  readonly inner: readonly { readonly pod: string; readonly error: Error }[];
}

/**
 * The collections of all pods, each once. Tombstones and unfinished creations are read too, since
 * they say what another pod's row is worth, so a page may take more than one round.
 */
export async function listCollections(
  query: CollectionsQuery,
  call: Call,
  rooms: {
    readonly pods: Pods;
    readonly placements: Placements;
    readonly sweeper: Sweeper;
    readonly homeOf: HomeOf;
  },
): Promise<CollectionPage> {
  const { pods, placements, sweeper, homeOf } = rooms;
  const found: Collection[] = [];
  const disputed = new Set<Collection>();
  const silent = new Map<string, Error>();
  const inner = new Map<string, Error>();
  let after = query.after;

  for (;;) {
    // A pod that was silent once may cost a round all of its time.
    const speaking = pods.all.filter(({ name }) => !silent.has(name));
    const round = await ask(pods, speaking, { ...query, after, everyState: true }, call);
    for (const { pod, error } of round.failures) silent.set(pod, error);
    for (const { pod, error } of round.inner) inner.set(pod, error);
    if (silent.size === pods.all.length) throw firstError(round.failures)!;

    for (const rows of groupsUpTo(round)) {
      const home = homeOf(rows[0]!.collection);
      const { collection, superseded, dispute } = settle(rows, {
        silent: [...silent.keys()],
        home,
      });
      if (collection && dispute !== null) disputed.add(collection);
      sweeper.sweep(superseded, call.requestId);
      const active = collection?.placement.state === 'active';
      if (collection && (active || query.everyState)) found.push(collection);
    }
    after = round.horizon;
    if (after === null || found.length > query.limit) break;
  }

  const collections = found.slice(0, query.limit);
  // What is disputed stays in the list, so that it is seen; whoever uses it is told.
  const certain = collections.filter((some) => isActive(some) && !disputed.has(some));
  certain.forEach((collection) => placements.learn(collection));
  return {
    collections,
    hasMore: found.length > query.limit,
    pods: [
      ...pods.all.map(({ name }) => ({ pod: name, error: silent.get(name) ?? null })),
      ...[...inner].map(([pod, error]) => ({ pod, error })),
    ],
  };
}

async function ask(
  pods: Pods,
  speaking: readonly NamedStore[],
  query: CollectionsQuery,
  call: Call,
): Promise<Round> {
  const { answers, failures } = await inHalf(call, (part) =>
    pods.scatter(speaking, (store) => store.listCollections(query, part)),
  );
  const rows = answers.flatMap(({ from, answer }) =>
    answer.collections.map((collection) => ({ pod: from.name, collection })),
  );
  const ends = answers.flatMap(({ answer }) =>
    answer.hasMore ? answer.collections.slice(-1) : [],
  );
  const inner = answers.flatMap(({ answer }) =>
    answer.pods.flatMap(({ pod, error }) => (error ? [{ pod, error }] : [])),
  );
  return { rows, horizon: ends.sort(byName)[0] ?? null, failures, inner };
}

/** The rows up to the horizon, in order, those of one name together. */
function groupsUpTo({ rows, horizon }: Round): Row[][] {
  const groups: Row[][] = [];
  let last: Row | undefined;
  for (const row of rows.toSorted((a, b) => byName(a.collection, b.collection))) {
    if (horizon && byName(row.collection, horizon) > 0) break;
    if (last && byName(last.collection, row.collection) === 0) groups.at(-1)!.push(row);
    else groups.push([row]);
    last = row;
  }
  return groups;
}

const byName = (a: CollectionRef, b: CollectionRef): number =>
  compareBytes(a.bucket, b.bucket) || compareBytes(a.collection, b.collection);

const isActive = ({ placement }: Collection): boolean => placement.state === 'active';
