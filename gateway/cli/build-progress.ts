import { MultiBar, type SingleBar } from 'cli-progress';
import { tell } from './output.ts';

/** How far an index is on one pod. */
export interface ShardState {
  readonly pod: string;
  readonly state: string;
  /** While it is being built. */
  readonly percent: number | null;
}

export interface BuildProgress {
  show(shards: readonly ShardState[]): void;
  stop(): void;
}

/** On stderr: bars that move on a terminal; elsewhere a line for every change. */
export const createBuildProgress = (pods: readonly string[]): BuildProgress =>
  process.stderr.isTTY ? createBars(pods) : createLines();

function createBars(pods: readonly string[]): BuildProgress {
  const format = '{pod} [{bar}] {percentage} % {state}';
  const bars = new MultiBar({
    format,
    stream: process.stderr,
    clearOnComplete: false,
    // It would take a Ctrl-C for itself, and the command would go on.
    gracefulExit: false,
  });
  const width = Math.max(...pods.map(({ length }) => length));
  const named = new Map<string, SingleBar>(
    pods.map((pod) => [pod, bars.create(100, 0, { pod: pod.padEnd(width), state: 'waiting' })]),
  );
  return {
    show(shards) {
      for (const { pod, state, percent } of shards) {
        named.get(pod)?.update(doneOf(state, percent), { state });
      }
    },
    stop: () => bars.stop(),
  };
}

function createLines(): BuildProgress {
  const told = new Map<string, string>();
  return {
    show(shards) {
      for (const { pod, state, percent } of shards) {
        const line =
          state === 'BUILDING' ? `${pod}: ${state} ${tens(percent)} %` : `${pod}: ${state}`;
        if (told.get(pod) !== line) tell(line);
        told.set(pod, line);
      }
    },
    stop() {},
  };
}

const doneOf = (state: string, percent: number | null): number =>
  state === 'READY' ? 100 : Math.floor(percent ?? 0);

/** A log need not have every percent. */
const tens = (percent: number | null): number => Math.floor((percent ?? 0) / 10) * 10;
