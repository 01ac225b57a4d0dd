import { levelOf } from '../../schema/placement.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { Match, SearchAnswer, SearchQuery } from '../../subgraphs/store.ts';
import { hasCopies, mergeNearest, type Merged, type Part } from '../merge.ts';
import type { Gathered } from '../scatter.ts';
import { isMissing, throwCommonMistake, type Outcome } from './attempt.ts';
import type { Known } from './known.ts';
import { renamed, type Pods } from './pods.ts';

/** The nearest over all members; every answer says under which placement it was given. */
export async function search(
  known: Known,
  query: SearchQuery,
  call: Call,
  { pods }: { readonly pods: Pods },
): Promise<Outcome<SearchAnswer>> {
  const found = await searchMembers(() => query, known, call, pods);
  const page = mergeNearest(found.parts, query.limit, known.ownerOf);
  if (!known.hashed || !hasCopies(page.items, found.parts, known.ownerOf)) {
    return outcomeOf(page, found, known);
  }
  const owned = await searchMembers((pod) => ownedBy(pod, query, known), known, call, pods);
  return outcomeOf(mergeNearest(owned.parts, query.limit, known.ownerOf), owned, known);
}

interface Found extends Gathered<{ readonly name: string }, SearchAnswer> {
  readonly parts: readonly Part<Match>[];
}

async function searchMembers(
  queryFor: (pod: string) => SearchQuery,
  { members }: Known,
  call: Call,
  pods: Pods,
): Promise<Found> {
  const gathered = await pods.scatter(members, (store, { name }) =>
    store.search(queryFor(name), call),
  );
  throwCommonMistake(gathered);
  const parts = gathered.answers.map(({ from, answer }) => ({
    pod: from.name,
    items: answer.matches,
    hasMore: answer.hasMore,
  }));
  return { ...gathered, parts };
}

/** The same search of what the pod owns, without the copies that it may hold while slots move. */
function ownedBy(pod: string, query: SearchQuery, { collection }: Known): SearchQuery {
  const { placement } = collection;
  const owned = { level: levelOf(placement), ranges: placement.slots[pod] ?? [] };
  return { ...query, slots: [...(query.slots ?? []), owned] };
}

function outcomeOf(
  { items, hasMore }: Merged<Match>,
  { answers, failures }: Found,
  known: Known,
): Outcome<SearchAnswer> {
  // An answer of a gateway of which no shard took part has none; that of a found table is 0.
  const versions = answers
    .filter(({ answer }) => answer.shards.some((shard) => !('error' in shard)))
    .map(({ answer }) => answer.placementVersion);
  return {
    value: {
      matches: items,
      hasMore,
      shards: [
        ...answers.flatMap(({ from, answer }) =>
          answer.shards.map((shard) => renamed(from.name, shard)),
        ),
        ...failures.map(({ pod, error }) => ({ pod, error })),
      ],
      placementVersion: versions.length > 0 ? known.version : 0,
    },
    stale: versions.some((version) => version !== known.version) || failures.some(isMissing),
  };
}
