import { errors } from '../../schema/errors.ts';

/**
 * Why a request brought no vectors. Busy and broken pass by themselves; a text that was refused is
 * its author's to change, a configuration that is wrong is ours; an unusable answer is a bug of
 * somebody's.
 */
export interface Failure {
  readonly kind: 'busy' | 'broken' | 'refused' | 'misconfigured' | 'unusable';
  /** For callers: names no host and no key. */
  readonly why: string;
  readonly status: number | null;
  readonly retryAfterMs: number;
  /** For the log: an answer as it came, whatever its length, which may repeat the key. */
  readonly detail: string;
}

/** One request failed. It stays inside: callers meet `shownError`. */
export class EndpointError extends Error {
  readonly failure: Failure;

  constructor(failure: Partial<Failure> & Pick<Failure, 'kind' | 'why'>) {
    super(failure.why);
    this.failure = { status: null, retryAfterMs: 0, detail: '', ...failure };
  }
}

export const mayPass = ({ kind }: Failure): boolean => kind === 'busy' || kind === 'broken';

export function shownError(embedder: string, { kind, why, status }: Failure): Error {
  if (kind === 'busy') return errors.embedderOverloaded(embedder, why);
  if (kind === 'refused') return errors.embedderRefused(embedder, status ?? 0);
  return errors.embedderUnavailable(embedder, why);
}

/** What an answer without vectors means. */
export function failureOfStatus(
  status: number,
  retryAfter: string | undefined,
  detail: string,
): EndpointError {
  const known = { status, detail, retryAfterMs: retryAfterMs(retryAfter) };
  const why = `answered ${status}`;
  if (status === 429) return new EndpointError({ ...known, kind: 'busy', why });
  if (status >= 500 || status === 408) return new EndpointError({ ...known, kind: 'broken', why });
  if (refusals.has(status)) return new EndpointError({ ...known, kind: 'refused', why });
  return new EndpointError({
    ...known,
    kind: 'misconfigured',
    why: `${why}: its URL, model or key must be put right in the configuration`,
  });
}

const refusals: ReadonlySet<number> = new Set([400, 413, 422]);

/** Seconds, or a moment. */
function retryAfterMs(header: string | undefined): number {
  const seconds = Number(header ?? 0);
  const waitMs = Number.isNaN(seconds) ? Date.parse(header ?? '') - Date.now() : seconds * 1_000;
  return waitMs > 0 ? waitMs : 0;
}
