import type { Logger } from '../subgraphs/logger.ts';
import type { Pod, VectorStore } from '../subgraphs/store.ts';
import { createBuckets } from './sharded/buckets.ts';
import { createCollections } from './sharded/collections.ts';
import type { HomeOf } from './sharded/found.ts';
import { changes, inspect } from './sharded/inspection.ts';
import { listCollections } from './sharded/listing.ts';
import { createPlacements } from './sharded/placements.ts';
import { createPods, type NamedStore } from './sharded/pods.ts';
import { createReads } from './sharded/reads.ts';
import { createSweeper } from './sharded/sweeper.ts';
import { createWrites } from './sharded/writes.ts';

/**
 * Several stores with parts of the data as one: routes by the hash of the key, scatters, merges.
 * Which pod holds what is read from the pods themselves, so any number of gateways can stand over
 * the same ones. Closing it closes the stores.
 */
export function createShardedStore(options: {
  readonly pods: readonly NamedStore[];
  readonly logger: Logger;
  /** On which pods tables without a placement are looked for, where that is not all. */
  readonly homeOf?: HomeOf;
}): VectorStore {
  const { logger, homeOf = () => null } = options;
  const pods = createPods(options.pods, logger);
  const sweeper = createSweeper(pods, logger);
  const placements = createPlacements(pods, sweeper, homeOf);
  const rooms = { pods, placements, sweeper, homeOf };

  return {
    ...createReads(rooms),
    ...createWrites(rooms),
    ...createCollections(rooms),
    ...createBuckets(pods),
    listCollections: (query, call) => listCollections(query, call, rooms),
    inspect: (refs, what, call) => inspect(refs, what, call, rooms),
    changes: (refs, call) => changes(refs, call, rooms),
    async pods(call) {
      const { answers, failures } = await pods.scatter(pods.all, (store) => store.pods(call));
      const rows = [
        ...answers.flatMap(({ answer }) => answer),
        ...failures.map(({ pod }) => silentPod(pod)),
      ];
      return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async report(call) {
      const { answers, failures } = await pods.scatter(pods.all, (store) => store.report(call));
      const reports = [
        ...answers.flatMap(({ answer }) => answer),
        ...failures.map(({ pod, error }) => ({ pod, error, facts: null })),
      ];
      return reports.sort((a, b) => (a.pod < b.pod ? -1 : 1));
    },
    async close() {
      await sweeper.close();
      await Promise.all(pods.all.map(({ store }) => store.close()));
    },
  };
}

const silentPod = (name: string): Pod => ({
  name,
  healthy: false,
  postgres: null,
  pgvector: null,
  collectionCount: null,
});
