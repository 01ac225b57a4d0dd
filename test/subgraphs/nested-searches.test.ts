import { setImmediate as nextTurn } from 'node:timers/promises';
import { graphql } from 'graphql';
import { buildVectorsSchema, createVectorsContext } from '../../subgraphs/vectors.ts';
import { createStubService, profile } from '../support/stub-service.ts';
import { during } from '../support/store-calls.ts';

const keys = Array.from({ length: 60 }, (_, n) => `k${n}`);
let running = 0;
let runningMost = 0;

/** Every search finds all records. */
const service = createStubService({
  async search(query) {
    running += 1;
    runningMost = Math.max(runningMost, running);
    await nextTurn();
    running -= 1;
    return {
      matches: keys.slice(0, query.limit).map((key) => ({ key, distance: 1 })),
      hasMore: false,
      shards: [profile],
      placementVersion: 1,
    };
  },
  fetch: async (query) => query.keys.map((key) => ({ key, vector: Float32Array.of(1, 0) })),
});

const similarTo = (times: number) => {
  const similar = Array.from(
    { length: times },
    (_, i) => `s${i}: similar(k: ${i + 1}) { matches { distance } }`,
  );
  return `{ searchVectors(collection: "docs", near: { vector: [1, 0] }, k: 60) {
    matches { record { key ${similar.join(' ')} } } } }`;
};

const ask = (source: string) =>
  during(async (call) => {
    const contextValue = createVectorsContext(service, call);
    const { errors = [] } = await graphql({ schema: buildVectorsSchema(), source, contextValue });
    return errors.map(({ extensions }) => extensions['code']);
  });

test('the searches of one request take turns, and those that are too many are refused', async () => {
  expect(await ask(similarTo(10))).toEqual([]);
  expect(runningMost).toBe(service.limits.searchesAtOnceMax);

  const codes = await ask(similarTo(20));
  expect(codes).toHaveLength(60 * 20 - 30 - service.limits.searchesWaitingMax);
  expect(new Set(codes)).toEqual(new Set(['LIMIT_EXCEEDED']));
});
