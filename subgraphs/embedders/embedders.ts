import type { Embedder } from '../embedder.ts';
import type { Logger } from '../logger.ts';
import type { CollectionRef } from '../store.ts';
import { createEndpointEmbedder } from './endpoint-embedder.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { createHashEmbedder } from './hash-embedder.ts';
import { createVectorCache } from './vector-cache.ts';

/** All that turn texts into vectors. */
export interface Embedders {
  /** A collection's own, else the one of all that have none; null: there is none. */
  of(ref: CollectionRef): Embedder | null;
  byName(name: string): Embedder | null;
  close(): Promise<void>;
}

export interface EmbeddersOptions {
  readonly embedders: readonly EndpointOptions[];
  readonly collections: readonly (CollectionRef & { readonly embedder: string | null })[];
  /** Of collections that name none; null: they have none. */
  readonly fallback: string | null;
  readonly logger: Logger;
}

/** The endpoints, and `hash`, which is always there. */
export function createEmbedders(options: EmbeddersOptions): Embedders {
  const { embedders, collections, fallback, logger } = options;
  const cache = createVectorCache();
  const endpoints = embedders.map((endpoint) =>
    createEndpointEmbedder({ endpoint, cache, logger }),
  );
  const named = new Map<string, Embedder>(
    [createHashEmbedder(), ...endpoints].map((embedder) => [embedder.name, embedder]),
  );
  const chosen = new Map(collections.map((entry) => [keyOf(entry), entry.embedder]));
  const byName = (name: string): Embedder | null => named.get(name) ?? null;

  return {
    byName,
    of(ref) {
      const name = chosen.get(keyOf(ref)) ?? fallback;
      return name === null ? null : byName(name);
    },
    async close() {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    },
  };
}

const keyOf = ({ bucket, collection }: CollectionRef): string => `${bucket}\0${collection}`;
