import { GraphQLError } from 'graphql';
import { codeOf, type PodOutcome, type WriteOutcome } from '../../schema/errors.ts';
import type { Gathered } from '../scatter.ts';

/** Nothing was written, for certain. */
export const isUntouched = <P extends { readonly name: string }>(
  gathered: Gathered<P, number>,
): boolean => outcomesOf(gathered).every(({ outcome }) => outcome === 'notWritten');

/**
 * One row a pod, or a row for each of its own where it is a gateway that reached some of them. A
 * second part that failed where the first was written leaves a doubt.
 */
export function outcomesOf<P extends { readonly name: string }>({
  answers,
  failures,
}: Gathered<P, number>): PodOutcome[] {
  const outcomes = new Map<string, WriteOutcome>(answers.map(({ from }) => [from.name, 'written']));
  for (const { pod, error } of failures) {
    for (const part of partsOf(error) ?? [{ pod, outcome: outcomeOf(error) }]) {
      outcomes.set(part.pod, outcomes.has(pod) ? 'unknown' : part.outcome);
    }
  }
  return [...outcomes]
    .map(([pod, outcome]) => ({ pod, outcome }))
    .sort((a, b) => (a.pod < b.pod ? -1 : 1));
}

/** What a write that reached some of a gateway's pods left behind on each. */
function partsOf(error: Error): readonly PodOutcome[] | undefined {
  if (codeOf(error) !== 'PARTIAL_WRITE') return undefined;
  const pods = (error as GraphQLError).extensions['pods'];
  return Array.isArray(pods) ? (pods as PodOutcome[]) : undefined;
}

/** What a write that ended in `error` left behind. Only an answer that never came leaves a doubt. */
export function outcomeOf(error: Error): WriteOutcome {
  if (!(error instanceof GraphQLError) || codeOf(error) === 'INTERNAL_SERVER_ERROR') {
    return 'unknown';
  }
  return error.extensions['outcome'] === 'unknown' ? 'unknown' : 'notWritten';
}
