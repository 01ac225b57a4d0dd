import type { Call } from './call.ts';

/** Makes vectors of texts: one each, in the order given, all of one dimension. */
export interface Embedder {
  readonly dimension: number;
  embed(texts: readonly string[], call: Call): Promise<Float32Array[]>;
}
