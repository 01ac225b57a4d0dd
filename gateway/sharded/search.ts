import type { Call } from '../../subgraphs/call.ts';
import type { SearchAnswer, SearchQuery } from '../../subgraphs/store.ts';
import { mergeNearest } from '../merge.ts';
import { isMissing, throwMistake, type Outcome } from './attempt.ts';
import type { Known } from './known.ts';
import type { Pods } from './pods.ts';

/** The nearest over all members; every answer says under which placement it was given. */
export async function search(
  known: Known,
  query: SearchQuery,
  call: Call,
  { pods }: { readonly pods: Pods },
): Promise<Outcome<SearchAnswer>> {
  const { answers, failures } = await pods.scatter(known.members, (store) =>
    store.search(query, call),
  );
  throwMistake(failures);
  const parts = answers.map(({ from, answer }) => ({
    pod: from.name,
    items: answer.matches,
    hasMore: answer.hasMore,
  }));
  const { items, hasMore } = mergeNearest(parts, query.limit, known.ownerOf);
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
