/** An OpenAI-compatible endpoint, and how much it may be asked at a time. */
export interface EndpointOptions {
  readonly name: string;
  /** Up to, and without, `/embeddings`. */
  readonly url: string;
  readonly model: string;
  readonly dimension: number;
  readonly key: string | null;
  /** How vectors are asked for; answers are understood either way. */
  readonly encoding: 'base64' | 'float';
  /** Ask the model for vectors of `dimension`; some shorten theirs, others refuse to be asked. */
  readonly sendDimension: boolean;
  readonly batchTextsMax: number;
  /** A longer text goes alone. */
  readonly batchCharactersMax: number;
  /** Requests in flight; further ones wait, at most `waitingMax` of them. */
  readonly concurrencyMax: number;
  readonly waitingMax: number;
  /** Of one request, each time that it is tried. */
  readonly timeoutMs: number;
}
