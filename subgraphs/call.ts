import { setMaxListeners } from 'node:events';
import { errors } from '../schema/errors.ts';
import type { Limits } from '../schema/limits.ts';

/** One operation's patience: made from the request, handed down to every hop and statement. */
export interface Call {
  /** A moment on the clock of `Date.now()`. */
  readonly deadlineAt: number;
  /** The whole length, for messages. */
  readonly timeoutMs: number;
  /** Aborted when the deadline passes or the caller goes away. */
  readonly signal: AbortSignal;
  readonly requestId: string;
}

/** `end` frees the timer; whoever starts a call ends it. */
export interface StartedCall extends Call {
  end(): void;
}

export const remainingMs = (call: Call): number => Math.max(0, call.deadlineAt - Date.now());

/** Begin a call of `timeoutMs`, which also ends when `signal` says so. */
export function startCall(options: {
  readonly timeoutMs: number;
  readonly requestId: string;
  readonly signal?: AbortSignal | undefined;
}): StartedCall {
  const { timeoutMs, requestId, signal: outer } = options;
  const controller = new AbortController();
  // One call is many statements; Node would take their listeners for a leak.
  setMaxListeners(0, controller.signal);
  const leave = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(errors.deadlineExceeded(timeoutMs)), timeoutMs);
  if (outer?.aborted) leave();
  outer?.addEventListener('abort', leave, { once: true });

  return {
    deadlineAt: Date.now() + timeoutMs,
    timeoutMs,
    signal: controller.signal,
    requestId,
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', leave);
    },
  };
}

/** A part of `parent` that may take at most `timeoutMs`. */
export function startPart(parent: Call, timeoutMs: number): StartedCall {
  const { requestId, signal } = parent;
  if (timeoutMs < remainingMs(parent)) return startCall({ timeoutMs, requestId, signal });
  return { ...parent, end() {} };
}

/** Run `work` as a part of `parent` that may take at most `timeoutMs`. */
export async function inPart<T>(
  parent: Call,
  timeoutMs: number,
  work: (part: Call) => Promise<T>,
): Promise<T> {
  const part = startPart(parent, timeoutMs);
  try {
    return await work(part);
  } finally {
    part.end();
  }
}

/**
 * What the header `x-timeout-ms` asks for: the length of the whole request and of each operation in
 * it. Without the header an operation has the default, and may ask for more in its own options.
 */
export function requestTimes(
  header: string | undefined,
  limits: Limits,
): { readonly requestMs: number; readonly operationMs: number } {
  const asked = Math.floor(Number(header));
  if (!(asked >= 1)) {
    return { requestMs: limits.timeoutMsMax, operationMs: limits.timeoutMsDefault };
  }
  const timeMs = Math.min(asked, limits.timeoutMsMax);
  return { requestMs: timeMs, operationMs: timeMs };
}
