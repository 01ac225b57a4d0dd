import type { Filter } from '../../schema/filter.ts';
import type { Metric } from '../../schema/metric.ts';
import { readVector } from '../../schema/vector.ts';
import { checkVector, requireCollection } from '../../subgraphs/collections.ts';
import { requireCoverage } from '../../subgraphs/coverage.ts';
import { refOf, type Operations } from './context.ts';
import { readS3Filter } from './filter.ts';
import { distanceMetrics } from './indexes.ts';
import { s3Limits } from './limits.ts';

export const queryOperations: Operations<'QueryVectors'> = {
  async QueryVectors(body, { store, call, limits, minCoverage }) {
    const ref = refOf(body);
    const vector = readVector(body.queryVector.float32, 'queryVector.float32');
    let filter: Filter | null = null;
    const { metric } = await requireCollection(store, ref, call, (collection) => {
      const { nonFilterableKeys } = collection;
      filter = readS3Filter(body.filter, { argument: 'filter', limits, nonFilterableKeys });
      checkVector('queryVector.float32', vector, collection);
    });
    const answer = await store.search(
      {
        ...ref,
        vector,
        metric,
        limit: body.topK ?? s3Limits.topKDefault,
        filter,
        exclude: null,
        select: { metadata: body.returnMetadata ? 'all' : 'none', vector: false },
        mode: 'AUTO',
        efSearch: null,
        probes: null,
        changes: false,
        cache: true,
      },
      call,
    );
    // There is no place in the answer to say that a part of it is missing: that must be allowed.
    requireCoverage(answer.shards, minCoverage > 0 ? minCoverage : 1);
    return {
      vectors: answer.matches.map(({ key, distance, metadata }) => ({
        key,
        distance: body.returnDistance ? distanceThere(metric, distance) : undefined,
        metadata,
      })),
      distanceMetric: distanceMetrics[metric],
    };
  },
};

/** Euclidean distances are squared there; the order is the same. */
const distanceThere = (metric: Metric, distance: number): number =>
  metric === 'L2' ? distance * distance : distance;
