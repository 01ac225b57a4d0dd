import type { Call } from './call.ts';

/** Makes vectors of texts: one each, in the order given, all of one dimension. */
export interface Embedder {
  readonly name: string;
  readonly dimension: number;
  /** Texts to be stored. */
  embed(texts: readonly string[], call: Call): Promise<Float32Array[]>;
  /** A text to search by. Its vector may be remembered and shared: it must not be changed. */
  embedQuery(text: string, call: Call): Promise<Float32Array>;
}
