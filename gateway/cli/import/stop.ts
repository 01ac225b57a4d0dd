import { exitCodes } from '../exit-codes.ts';

/** The first SIGINT or SIGTERM asks for an orderly end; a second one does not wait for it. */
export function stopOnSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  };
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, stop);
    },
  };
}

const signals = ['SIGINT', 'SIGTERM'] as const;
