import { setMaxListeners } from 'node:events';
import { errors } from '../schema/errors.ts';
import type { Limits } from '../schema/limits.ts';

/** One operation's patience: made from the request, handed down to every hop and statement. */
export interface Call {
  /** A moment on the clock of `Date.now()`. */
  readonly deadlineAt: number;
  /** The whole length, for messages. */
  readonly timeoutMs: number;
  readonly requestId: string;
  /** The deadline has passed, or the caller has gone away. */
  readonly aborted: boolean;
  /** `listener` runs once, when that happens; the answer stops the listening. */
  onAbort(listener: () => void): () => void;
  /** The same for libraries; made when it is asked for, since a search needs none. */
  readonly signal: AbortSignal;
}

/** Whoever starts a call ends it. */
export interface StartedCall extends Call {
  /** The caller has gone away. */
  abort(): void;
  /** Nothing more is to be done: frees the timer. */
  end(): void;
}

export const remainingMs = (call: Call): number => Math.max(0, call.deadlineAt - Date.now());

/** Begin a call of `timeoutMs`, which is also aborted when `parent` is. */
export const startCall = (options: {
  readonly timeoutMs: number;
  readonly requestId: string;
  readonly parent?: Call;
}): StartedCall => new LiveCall(options);

/** Run `work` as a part of `parent` that may take at most `timeoutMs`. */
export async function inPart<T>(
  parent: Call,
  timeoutMs: number,
  work: (part: Call) => Promise<T>,
): Promise<T> {
  if (timeoutMs >= remainingMs(parent)) return work(parent);
  const part = startCall({ timeoutMs, requestId: parent.requestId, parent });
  try {
    return await work(part);
  } finally {
    part.end();
  }
}

/**
 * What comes before an operation has half of its time, so that a pod that keeps silent costs the
 * operation its part and not everything.
 */
export const inHalf = <T>(call: Call, work: (part: Call) => Promise<T>): Promise<T> =>
  inPart(call, Math.ceil(remainingMs(call) / 2), work);

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

/** A set of listeners, for an AbortSignal and its listeners cost a search 0.1 ms. */
class LiveCall implements StartedCall {
  readonly deadlineAt: number;
  readonly timeoutMs: number;
  readonly requestId: string;
  aborted = false;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #leaveParent: (() => void) | undefined;
  #controller: AbortController | undefined;

  constructor(options: { timeoutMs: number; requestId: string; parent?: Call }) {
    const { timeoutMs, requestId, parent } = options;
    this.deadlineAt = Math.min(Date.now() + timeoutMs, parent?.deadlineAt ?? Infinity);
    this.timeoutMs = timeoutMs;
    this.requestId = requestId;
    this.#timer = setTimeout(() => this.abort(), timeoutMs);
    this.#leaveParent = parent?.onAbort(() => this.abort());
  }

  onAbort(listener: () => void): () => void {
    if (this.aborted) listener();
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#createController();
    return this.#controller.signal;
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.end();
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#leaveParent?.();
  }

  #createController(): AbortController {
    const controller = new AbortController();
    // One call is many statements; Node would take their listeners for a leak.
    setMaxListeners(0, controller.signal);
    this.onAbort(() => controller.abort(errors.deadlineExceeded(this.timeoutMs)));
    return controller;
  }
}
