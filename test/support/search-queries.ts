import type { SearchAnswer, SearchQuery, ShardProfile } from '../../subgraphs/store.ts';
import { searchIn } from './store-calls.ts';

/** A search of "docs" for ten by [1, 2], and what is different in it. */
export const searchQuery = (different: Partial<SearchQuery> = {}): SearchQuery =>
  searchIn('vecs', 'docs', {
    vector: Float32Array.of(1, 2),
    limit: 10,
    changes: true,
    cache: false,
    ...different,
  });

/** What one pod did, as the first that wrote to its table, and what is different in it. */
export const shardProfile = (pod: string, different: Partial<ShardProfile> = {}): ShardProfile => ({
  pod,
  plan: 'EXACT',
  exactReason: 'NO_INDEX',
  tookMs: 1.5,
  rowCount: 2,
  truncated: false,
  attempts: 1,
  hedged: false,
  change: { table: `${pod}-1`, count: 7 },
  ...different,
});

/** Two matches of two pods, and what is different. */
export const searchAnswer = (different: Partial<SearchAnswer> = {}): SearchAnswer => ({
  matches: [
    { key: 'one', distance: 0.1 },
    { key: 'two', distance: 0.2 },
  ],
  hasMore: false,
  shards: [shardProfile('pod-a'), shardProfile('pod-b')],
  placementVersion: 3,
  ...different,
});
