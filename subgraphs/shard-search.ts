import { locatedError } from 'graphql';
import type { Limits } from '../schema/limits.ts';
import type { Call } from './call.ts';
import type { Logger } from './logger.ts';
import { maskError } from './mask.ts';
import { answerToWire, searchDocument, searchField, searchFromWire } from './search-wire.ts';
import type { SearchWire } from './search-wire.ts';
import type { VectorStore } from './store.ts';

/** A pod's part of a search, as `searchVectorShards` gives it. */
export async function searchShards(
  search: SearchWire,
  { store, limits }: { readonly store: VectorStore; readonly limits: Limits },
  call: Call,
) {
  return answerToWire(await store.search(searchFromWire(search, limits), call));
}

/**
 * The search in a request's body, when the body is the one operation that gateways send all the
 * time. Its text is known, so there is nothing to parse, validate or plan.
 */
export function shardSearchOf(body: unknown): SearchWire | undefined {
  const { query, variables } = (body ?? {}) as {
    readonly query?: unknown;
    readonly variables?: { readonly search?: SearchWire } | null;
  };
  return query === searchDocument ? variables?.search : undefined;
}

/** A GraphQL response. */
export async function answerShardSearch(
  search: SearchWire,
  service: { readonly store: VectorStore; readonly limits: Limits; readonly logger: Logger },
  call: Call,
) {
  try {
    return { data: { [searchField]: await searchShards(search, service, call) } };
  } catch (error) {
    const context = { logger: service.logger, requestId: call.requestId };
    const shown = maskError(locatedError(error, undefined, [searchField]), context);
    return { data: { [searchField]: null }, errors: [shown] };
  }
}
