export interface BreakerOptions {
  /** Whether the other side does well again. Never rejects, and takes a bounded time. */
  readonly probe: () => Promise<boolean>;
  /** Between probes. */
  readonly pauseMs: number;
}

export interface Breaker {
  readonly isOpen: boolean;
  /** A request begins; the answer takes how it went. */
  readonly begin: () => (went: 'well' | 'badly') => void;
  close(): void;
}

/**
 * Opens when about a third of the last requests, or four in a row, went badly; closes by itself as
 * soon as a probe goes well. Probes are its own, so no request is made to wait for one. Requests
 * that were under way together when one went badly count as one: a moment was bad, and many were
 * in it.
 */
export function createBreaker({ probe, pauseMs }: BreakerOptions): Breaker {
  let badness = 0;
  let badMoments = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function pause(): void {
    timer = setTimeout(() => void tryAgain(), pauseMs);
    timer.unref();
  }

  async function tryAgain(): Promise<void> {
    const wentWell = await probe();
    if (closed) return;
    if (!wentWell) return pause();
    badness = 0;
    timer = undefined;
  }

  return {
    get isOpen() {
      return timer !== undefined;
    },
    begin() {
      const before = badMoments;
      return (went) => {
        if (timer || closed || (went === 'badly' && before < badMoments)) return;
        if (went === 'badly') badMoments += 1;
        badness += ((went === 'badly' ? 1 : 0) - badness) * weight;
        if (badness > badnessMax) pause();
      };
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Of the last request in the mean of all. */
const weight = 0.1;
const badnessMax = 0.34;
