import { errors } from '../schema/errors.ts';
import type { Call } from './call.ts';

/** Wait for work that has a patience of its own, but no longer than `call` lasts. */
export function within<T>(
  call: Call,
  work: Promise<T>,
  whose: { readonly embedder?: string } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(errors.deadlineExceeded(call.timeoutMs, whose));
    const stay = call.onAbort(leave);
    work.then(resolve, reject).finally(stay);
  });
}
