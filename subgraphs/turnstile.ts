import type { Call } from './call.ts';

/** Lets `places` in at a time; others wait in a line of at most `waitingMax`. */
export interface Turnstile {
  /**
   * undefined: a place was free. Throws `full` when the line is full, and `gone`, as the promise
   * does, when the call is aborted first.
   */
  enter(
    call: Call,
    errors: { full(waiting: number): Error; gone(): Error },
  ): Promise<void> | undefined;
  readonly leave: () => void;
}

export function createTurnstile(limits: { places: number; waitingMax: number }): Turnstile {
  let free = limits.places;
  const line: (() => void)[] = [];

  return {
    enter(call, errors) {
      if (call.aborted) throw errors.gone();
      if (free > 0) {
        free -= 1;
        return undefined;
      }
      if (line.length >= limits.waitingMax) throw errors.full(line.length);

      return new Promise<void>((resolve, reject) => {
        const proceed = (): void => {
          stay();
          resolve();
        };
        const giveUp = (): void => {
          line.splice(line.indexOf(proceed), 1);
          reject(errors.gone());
        };
        line.push(proceed);
        const stay = call.onAbort(giveUp);
      });
    },

    leave() {
      const next = line.shift();
      if (next) next();
      else free += 1;
    },
  };
}
