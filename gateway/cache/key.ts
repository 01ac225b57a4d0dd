import { createHash } from 'node:crypto';
import { sorted } from '../../schema/filter-json.ts';
import type { CollectionRef, SearchQuery, Selection } from '../../subgraphs/store.ts';
import { canonicalFilter, filterText } from './canonical-filter.ts';

/** What decides about the rows besides the query. */
export interface KeyContext {
  /** That the gateway acts on. */
  readonly placementVersion: number;
  /** Equal for callers who see the same rows. */
  readonly caller: string;
}

/**
 * The name of a search in the cache, 22 characters: equal for searches that have one answer, up to
 * how many matches of it they want. Whatever else stands in a query counts, so a field that is new
 * is in the key before anybody thinks of it.
 *
 * 128 bits of SHA-256: among 10^12 searches two have the same name with a chance of 10^-15.
 */
export function searchKey(query: SearchQuery, { placementVersion, caller }: KeyContext): string {
  const { vector, filter, select, limit: _, ...rest } = query;
  const parts = {
    ...rest,
    select: canonicalSelection(select),
    limitMax: limitMax(query),
    filter: filter && filterText(canonicalFilter(filter)),
    placementVersion,
    caller,
  };
  // JSON has no NUL, so no text runs into the vector. Adding 0 turns -0 into 0.
  return createHash('sha256')
    .update(`${JSON.stringify(sorted(parts))}\0`)
    .update(vector.map((x) => x + 0))
    .digest()
    .toString('base64url', 0, 16);
}

/**
 * What all keys of a collection have in common: Redis Cluster keeps keys with the same text in
 * braces on one node. Escaped, for a brace in a name would end the text early.
 */
export const collectionTag = ({ bucket, collection }: CollectionRef): string =>
  `{${encodeURIComponent(bucket)}/${encodeURIComponent(collection)}}`;

/**
 * Searches that differ only in k, up to the same `limitMax`, share a key: the first ten of fifty
 * are what a search for ten would have found, or nearer, as the index is walked farther for fifty.
 * Not where the caller says how far it is to be walked: whoever does, measures. And ten matches are
 * not to drag ten thousand along: hence the classes of 100, 1,000 and 10,000.
 */
function limitMax({ limit, mode, efSearch, probes }: SearchQuery): number {
  const measures = mode === 'INDEX' || efSearch !== null || probes !== null;
  return measures ? limit : Math.max(100, 10 ** Math.ceil(Math.log10(limit)));
}

const canonicalSelection = ({ metadata, vector }: Selection) => ({
  metadata: typeof metadata === 'string' ? metadata : [...new Set(metadata)].sort(),
  vector,
});
