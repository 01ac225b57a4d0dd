/** Work side by side, a few at a time. */
export interface Lanes {
  /**
   * Begin `work` when there is room and nothing under way has one of its keys: of two lines with
   * the same key the later one wins, as if they had been written one by one. Rejects once any work
   * has failed.
   */
  begin(keys: ReadonlyMap<string, unknown>, work: () => Promise<void>): Promise<void>;
  /** Wait for what is under way; rejects if any work has failed. */
  settle(): Promise<void>;
}

export function createLanes(laneCount: number): Lanes {
  const running = new Map<Promise<void>, ReadonlyMap<string, unknown>>();
  let failure: { readonly error: unknown } | null = null;
  const throwFailure = (): void => {
    if (failure) throw failure.error;
  };

  function obstacle(keys: ReadonlyMap<string, unknown>): Promise<void> | undefined {
    if (running.size >= laneCount) return Promise.race(running.keys());
    for (const [task, others] of running) {
      for (const key of keys.keys()) if (others.has(key)) return task;
    }
    return undefined;
  }

  return {
    async begin(keys, work) {
      for (let wait = obstacle(keys); wait !== undefined; wait = obstacle(keys)) await wait;
      throwFailure();
      const task = work()
        .catch((error: unknown) => void (failure ??= { error }))
        .finally(() => running.delete(task));
      running.set(task, keys);
    },
    async settle() {
      await Promise.all(running.keys());
      throwFailure();
    },
  };
}
