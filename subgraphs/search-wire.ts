import { codeOf } from '../schema/errors.ts';
import { filterToJson } from '../schema/filter-json.ts';
import { parseFilter } from '../schema/filter-parser.ts';
import type { Limits } from '../schema/limits.ts';
import { readVector, vectorToBase64 } from '../schema/vector.ts';
import { readCount } from './arguments.ts';
import type { Match, SearchAnswer, SearchQuery, ShardProfile } from './store.ts';

/** The header that says what a request is before anybody reads it, and what it says of a search. */
export const operationHeader = 'x-quiver-operation';
export const searchOperation = 'search-1';

/**
 * The operation that carries it. Another text must have another `searchOperation`, by which a pod of
 * another version then leaves it to its GraphQL server.
 */
export const searchDocument =
  'query Search($search: JSON!) { searchVectorShards(search: $search) }';
export const searchField = 'searchVectorShards';

/**
 * A search between a gateway and a pod, as one JSON value each way and the matches in columns: half
 * the cost of the same through the types of the public contract, which is for people.
 */
export function searchToWire(query: SearchQuery) {
  const { vector, filter, cache: _, ...rest } = query;
  return { ...rest, vector: vectorToBase64(vector), filter: filter && filterToJson(filter) };
}

/** Gateways are ours and have judged the search: only what could do harm is looked at again. */
export function searchFromWire(input: SearchWire, limits: Limits): SearchQuery {
  const most = { fallback: 10, min: 1, max: limits.windowMax, what: 'matches' };
  return {
    ...input,
    vector: readVector(input.vector, 'near.vector'),
    limit: readCount('k', input.limit, most),
    filter: parseFilter(input.filter, { argument: 'filter', limits }),
    // Gateways of older versions do not say.
    changes: input.changes ?? false,
    // Whoever asks has a cache of its own, or was told to use none.
    cache: false,
  };
}

export type SearchWire = ReturnType<typeof searchToWire>;

export function answerToWire({ matches, hasMore, shards, placementVersion }: SearchAnswer) {
  return {
    hasMore,
    placementVersion,
    profile: shards.filter((shard): shard is ShardProfile => !('error' in shard)),
    failures: shards.flatMap((shard) =>
      'error' in shard ? { pod: shard.pod, ...errorToWire(shard.error) } : [],
    ),
    keys: matches.map(({ key }) => key),
    distances: matches.map(({ distance }) => distance),
    metadata: column(matches, ({ metadata }) => metadata),
    vectors: column(matches, ({ vector }) => vector && vectorToBase64(vector)),
  };
}

export const errorToWire = (error: Error) => ({
  code: codeOf(error) ?? 'INTERNAL_SERVER_ERROR',
  message: error.message,
});

/** null when the matches do not have it: it was not selected. */
const column = <T>(matches: readonly Match[], of: (match: Match) => T | undefined) =>
  matches[0] && of(matches[0]) !== undefined ? matches.map(of) : null;
