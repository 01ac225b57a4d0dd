import { defaultLimits } from '../../schema/limits.ts';
import type { VectorsService } from '../../subgraphs/context.ts';
import { createEmbedders } from '../../subgraphs/embedders/embedders.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import type { Collection, VectorStore } from '../../subgraphs/store.ts';

export interface Line {
  readonly details: object;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function createMemoryLogger(): Logger & { readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const keep = (details: object, message: string): void => void lines.push({ details, message });
  return { lines, info: keep, warn: keep, error: keep };
}

/** No text can be searched by. */
export const noEmbedders = createEmbedders({
  embedders: [],
  collections: [],
  fallback: null,
  logger: createMemoryLogger(),
});

/**
 * A service for tests of what stands around a store: one collection "docs" of dimension 2 with one
 * record "one", and whatever `overrides` says instead. Anything else that is asked for rejects.
 */
export function createStubService(
  overrides: Partial<VectorStore> = {},
  logger: Logger = createMemoryLogger(),
): VectorsService {
  const absent = async (): Promise<never> => {
    throw new Error('this store cannot do that; secret: hunter2');
  };
  const known: Partial<VectorStore> = {
    describe: async (ref) => (ref.collection === docs.collection ? docs : null),
    search: async () => ({
      matches: [{ key: 'one', distance: 0.5, metadata: { n: 1 } }],
      hasMore: false,
      shards: [profile],
      placementVersion: 1,
    }),
    pods: async () => [
      { name: 'a', healthy: true, postgres: '17', pgvector: '0.8', collectionCount: 1 },
    ],
    close: async () => {},
    ...overrides,
  };
  const store = new Proxy(known, {
    get: (target, name) => Reflect.get(target, name) ?? absent,
  }) as VectorStore;
  return { store, limits: defaultLimits, embedders: noEmbedders, minCoverage: 0, logger };
}

export const docs: Collection = {
  bucket: 'vecs',
  collection: 'docs',
  dimension: 2,
  metric: 'L2',
  elementType: 'FLOAT32',
  nonFilterableKeys: [],
  createdAt: null,
  placement: { uid: 'u', version: 1, state: 'active', slots: { a: [[0, 1_023]] } },
};

export const profile = {
  pod: 'a',
  plan: 'EXACT',
  exactReason: 'SMALL_TABLE',
  tookMs: 1,
  rowCount: 1,
  truncated: false,
  attempts: 1,
  hedged: false,
  change: null,
} as const;
