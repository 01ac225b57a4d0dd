export interface BreakerOptions {
  /** Whether the other side does well again. Never rejects, and takes a bounded time. */
  readonly probe: () => Promise<boolean>;
  /** Between probes. */
  readonly pauseMs: number;
}

export interface Breaker {
  readonly isOpen: boolean;
  /** A request begins. What it gives is to be told how the request went. */
  begin(): (went: 'well' | 'badly') => void;
  close(): void;
}

/**
 * Opens when about a third of the last requests, or four in a row, went badly; closes by itself as
 * soon as a probe goes well. Probes are its own, so no request is made to wait for one. Those that
 * were under way together when one went badly had one bad moment, and it takes four: many may meet
 * in one.
 */
export function createBreaker({ probe, pauseMs }: BreakerOptions): Breaker {
  let badness = 0;
  /** Ever, and before the last time that all was well. */
  let badMoments = 0;
  let badMomentsBefore = 0;
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
    badMomentsBefore = badMoments;
    timer = undefined;
  }

  return {
    get isOpen() {
      return timer !== undefined;
    },
    begin() {
      const moment = badMoments;
      return (went) => {
        if (timer || closed) return;
        badness += ((went === 'badly' ? 1 : 0) - badness) * weight;
        if (badness < wellMax) badMomentsBefore = badMoments;
        if (went === 'badly' && moment === badMoments) badMoments += 1;
        const isBad = badness > badnessMax && badMoments - badMomentsBefore >= badMomentsMin;
        if (isBad) pause();
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
const badMomentsMin = 4;
/** What is left of one bad request, or of a bad moment, when enough went well. */
const wellMax = 0.05;
