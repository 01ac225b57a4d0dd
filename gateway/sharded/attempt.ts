import { codeOf, isCallerMistake, isStalePlacement, type ErrorCode } from '../../schema/errors.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';
import type { Gathered } from '../scatter.ts';
import { isSame, type Known } from './known.ts';
import type { Placements } from './placements.ts';

/** How a read went; `stale` when another placement than the one it went by may stand. */
export interface Outcome<T> {
  readonly value: T;
  readonly stale: boolean;
}

/**
 * Run under the placement that is remembered. If something shows it stale, read it again, and run
 * once more if it has changed; what comes then is the answer.
 */
export async function underPlacement<T>(
  placements: Placements,
  ref: CollectionRef,
  call: Call,
  run: (known: Known) => Promise<Outcome<T>>,
): Promise<T> {
  const known = await placements.find(ref, call);
  const first = await settled(run(known));
  if (!first.stale) return valueOf(first);
  const current = await placements.refresh(known, call);
  return valueOf(isSame(current, known) ? first : await settled(run(current)));
}

/**
 * What was judged by a collection that has been replaced since looks like a caller's mistake: there
 * is none of this name here, or it has another dimension.
 */
export const mayBeStale = (error: unknown): boolean =>
  isStalePlacement(error) || isCallerMistake(error);

/** The pod says there is no such collection, though the placement makes it a member. */
export const isMissing = ({ error }: { readonly error: Error }): boolean =>
  codeOf(error) === 'COLLECTION_NOT_FOUND';

/** A wrong request is wrong on every pod; a missing part is the failure of one. */
export function throwMistake(failures: readonly { readonly error: Error }[]): void {
  const mistake = failures.find((failure) => isCallerMistake(failure.error) && !isMissing(failure));
  if (mistake) throw mistake.error;
}

/**
 * The same of what was asked of several pods in the same words: what depends on the pod, such as
 * rights that it lacks, is its own failure while others say something else.
 */
export function throwCommonMistake({ answers, failures }: Gathered<unknown, unknown>): void {
  const common = failures.filter(({ error }) => !podCodes.has(codeOf(error)));
  throwMistake(answers.length + common.length > 0 ? common : failures);
}

const podCodes: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'LIMIT_EXCEEDED',
]);

type Settled<T> = Outcome<T> | { readonly error: unknown; readonly stale: boolean };

const settled = <T>(outcome: Promise<Outcome<T>>): Promise<Settled<T>> =>
  outcome.catch((error: unknown) => ({ error, stale: mayBeStale(error) }));

function valueOf<T>(outcome: Settled<T>): T {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
