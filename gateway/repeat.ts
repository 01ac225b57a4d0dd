import { setTimeout as sleep } from 'node:timers/promises';

/** Work that is done again and again. Neither rejects if the work does not. */
export interface Repeated {
  /** When it was done once. */
  readonly first: Promise<unknown>;
  /** When it is not done any more. */
  readonly ended: Promise<void>;
}

/** Each time the work says after how many milliseconds it wants to be done again; null: never. */
export function repeat(work: () => Promise<number | null>, signal: AbortSignal): Repeated {
  const first = work();
  return { first, ended: goOn(first, work, signal) };
}

async function goOn(
  first: Promise<number | null>,
  work: () => Promise<number | null>,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = await first;
  while (pauseMs !== null && !signal.aborted) {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = signal.aborted ? null : await work();
  }
}
