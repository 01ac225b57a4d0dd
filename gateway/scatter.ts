import { isCallerMistake } from '../schema/errors.ts';

export interface Failure<P> {
  readonly from: P;
  readonly pod: string;
  readonly error: Error;
}

export interface Gathered<P, T> {
  readonly answers: readonly { readonly from: P; readonly answer: T }[];
  readonly failures: readonly Failure<P>[];
}

/** Ask every pod at once; never reject. The caller decides whether a part is good enough. */
export async function scatter<P extends { readonly name: string }, T>(
  pods: readonly P[],
  ask: (pod: P) => Promise<T>,
): Promise<Gathered<P, T>> {
  // `async` also turns a synchronous throw of `ask` into a failure of that pod.
  const settled = await Promise.allSettled(pods.map(async (pod) => ask(pod)));

  const answers: { from: P; answer: T }[] = [];
  const failures: Failure<P>[] = [];
  settled.forEach((outcome, i) => {
    const from = pods[i]!;
    if (outcome.status === 'fulfilled') answers.push({ from, answer: outcome.value });
    else failures.push({ from, pod: from.name, error: toError(outcome.reason) });
  });
  return { answers, failures };
}

/** The answer of every pod, or the error of one that failed. */
export function allOf<P, T>({ answers, failures }: Gathered<P, T>): readonly T[] {
  const error = firstError(failures);
  if (error) throw error;
  return answers.map(({ answer }) => answer);
}

/** What is wrong with the request says more than what is wrong with a pod. */
export const firstError = (failures: readonly { readonly error: Error }[]): Error | undefined =>
  (failures.find(({ error }) => isCallerMistake(error)) ?? failures[0])?.error;

export const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason));
