import { errors } from '../schema/errors.ts';
import type { Call } from './call.ts';

/** Wait for work that has a patience of its own, but no longer than `call` lasts. */
export function within<T>(call: Call, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(errors.deadlineExceeded(call.timeoutMs));
    const stay = call.onAbort(leave);
    work.then(resolve, reject).finally(stay);
  });
}
