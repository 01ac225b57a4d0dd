import { LRUCache } from 'lru-cache';

/** The vectors of texts that were searched by; those that were used least recently leave first. */
export interface VectorCache {
  get(key: string): Float32Array | undefined;
  set(key: string, vector: Float32Array): void;
}

export const createVectorCache = ({
  entriesMax = 10_000,
  bytesMax = 64 * 1_024 * 1_024,
} = {}): VectorCache =>
  new LRUCache<string, Float32Array>({
    max: entriesMax,
    maxSize: bytesMax,
    // JavaScript keeps up to two bytes a character.
    sizeCalculation: (vector, key) => vector.byteLength + 2 * key.length,
  });
