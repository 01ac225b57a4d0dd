import { randomBytes } from 'node:crypto';
import { defaultCache } from '../../gateway/cache/settings.ts';
import { createCachedStore } from '../../gateway/cached-store.ts';
import type { CacheOutcome } from '../../subgraphs/store.ts';
import { conformance } from '../conformance/suite.ts';
import { testRedis } from '../support/databases.ts';
import { silent } from '../support/store-calls.ts';
import { openSharded, openSubgraph, type OpenStore } from '../support/subjects.ts';

const outcomes: CacheOutcome[] = [];

/** Keeps what it sees once, and gives the answer to the second of two equal searches. */
async function openCached(): Promise<OpenStore> {
  const { store: inner, pods } = await openSharded();
  const redis = testRedis();
  const store = createCachedStore({
    store: inner,
    settings: { ...defaultCache, admitAfter: 1 },
    redis: redis === null ? null : { settings: redis, prefix: randomBytes(6).toString('hex') },
    events: {
      searched: (outcome) => void outcomes.push(outcome),
      filled: () => {},
      redis: () => {},
    },
    logger: silent,
  });
  return {
    pods,
    store: {
      ...store,
      async search(query, call) {
        await store.search(query, call);
        return store.search(query, call);
      },
    },
    close: () => store.close(),
  };
}

conformance('three databases behind a cache', () => openSubgraph(openCached), { entities: true });

test('the cache answered many of its searches', () => {
  expect(outcomes.filter((outcome) => outcome === 'HIT').length).toBeGreaterThan(50);
});
