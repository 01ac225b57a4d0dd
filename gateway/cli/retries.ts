import pRetry from 'p-retry';
import { codeOf, type ErrorCode } from '../../schema/errors.ts';
import { startCall, type Call } from '../../subgraphs/call.ts';

export interface Patience {
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly retryCount: number;
  readonly firstWaitMs: number;
  /** No further attempt after this; one that is under way is waited for. */
  readonly signal: AbortSignal;
  /** Told before each wait, with what went wrong. */
  readonly onWait?: (error: Error) => void;
}

/** Do it again, after ever longer waits, while what went wrong may pass by itself. */
export function withRetries<T>(patience: Patience, work: (call: Call) => Promise<T>): Promise<T> {
  const { timeoutMs, retryCount, firstWaitMs, signal, onWait } = patience;
  const attempt = async (): Promise<T> => {
    const call = startCall({ timeoutMs, requestId: 'cli' });
    try {
      return await work(call);
    } finally {
      call.end();
    }
  };
  return pRetry(attempt, {
    retries: retryCount,
    factor: 2,
    minTimeout: firstWaitMs,
    maxTimeout: 5_000,
    randomize: true,
    // Not the library's own `signal`: it makes an abort of work that succeeds in the meantime.
    shouldRetry({ error, attemptNumber }) {
      const goesOn =
        !signal.aborted &&
        isPassing(error) &&
        (codeOf(error) !== 'PARTIAL_WRITE' || attemptNumber <= 2);
      if (goesOn) onWait?.(error);
      return goesOn;
    },
  });
}

/** It may work in a moment. */
export const isPassing = (error: unknown): boolean => passing.has(codeOf(error) ?? '');

/** With the waits of 0.25 s to 5 s, about fifteen seconds: a pod can be started anew in that. */
export const patient = (timeoutMs: number, signal: AbortSignal): Patience => ({
  timeoutMs,
  retryCount: 7,
  firstWaitMs: 250,
  signal,
});

const passing: ReadonlySet<string> = new Set<ErrorCode>([
  'POD_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'PARTIAL_WRITE',
  'OVERLOADED',
]);
