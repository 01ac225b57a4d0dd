import type { Call } from '../../subgraphs/call.ts';
import type { Match, SearchAnswer, SearchQuery } from '../../subgraphs/store.ts';
import { hasCopies, mergeNearest, type Merged, type Part } from '../merge.ts';
import type { Gathered } from '../scatter.ts';
import { isMissing, throwCommonMistake, type Outcome } from './attempt.ts';
import type { Known } from './known.ts';
import type { Pods } from './pods.ts';

/** The nearest over all members; every answer says under which placement it was given. */
export async function search(
  known: Known,
  query: SearchQuery,
  call: Call,
  { pods }: { readonly pods: Pods },
): Promise<Outcome<SearchAnswer>> {
  const { counts, hashed } = known;
  const found = await searchMembers(() => query, known, call, pods);
  const page = mergeNearest(found.parts, query.limit, counts);
  if (!hashed || !hasCopies(page.items, found.parts, counts)) return outcomeOf(page, found, known);

  const owned = (pod: string): SearchQuery => ({
    ...query,
    slots: [...(query.slots ?? []), ...known.slotsOf(pod)],
  });
  const again = await searchMembers(owned, known, call, pods);
  // Once more, for pods of older versions do not know of slots.
  const parts = again.parts.map((part) => ({
    ...part,
    items: part.items.filter(({ key }) => counts(part.pod, key)),
  }));
  return outcomeOf(mergeNearest(parts, query.limit, counts), again, known);
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
        ...answers.flatMap(({ answer }) => answer.shards),
        ...failures.map(({ pod, error }) => ({ pod, error })),
      ],
      placementVersion: versions.length > 0 ? known.version : 0,
    },
    stale: versions.some((version) => version !== known.version) || failures.some(isMissing),
  };
}
