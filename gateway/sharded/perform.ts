import { codeOf, errors, isStalePlacement, type WriteOutcome } from '../../schema/errors.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef, VectorStore } from '../../subgraphs/store.ts';
import { firstError, type Failure, type Gathered } from '../scatter.ts';
import { mayBeStale } from './attempt.ts';
import { isSame, type Known } from './known.ts';
import type { Placements } from './placements.ts';
import { isUntouched, outcomesOf } from './outcomes.ts';
import type { Pods } from './pods.ts';

/** The collection, under the version that the caller has seen, or under any. */
export interface Target extends CollectionRef {
  readonly version: number | null;
}

/** A write that is cut into one part a pod. */
export interface Write<P extends { readonly name: string }> {
  readonly ref: Target;
  /** It goes by the owners of keys. */
  readonly byKey: boolean;
  /** The parts of all of it, or of what is left of it in `parts`. */
  split(known: Known, parts?: readonly P[]): readonly P[];
  /** How many records it reached. */
  send(store: VectorStore, part: P, version: number): Promise<number>;
}

/**
 * Send every pod its part. What was refused because the placement has changed is sent once more, by
 * the new one. The number of records reached, or an error that says what came of each part.
 */
export async function perform<P extends { readonly name: string }>(
  write: Write<P>,
  call: Call,
  { pods, placements }: { readonly pods: Pods; readonly placements: Placements },
): Promise<number> {
  const send = (parts: readonly P[], { version }: Known) =>
    pods.scatter(parts, (store, part) => write.send(store, part, version));

  const known = await knownFor(write, placements, call);
  const first = await send(write.split(known), known);
  const refused = first.failures.filter(({ error }) => mayBeStale(error));
  if (refused.length === 0) return sumOf(first);

  const current = await placements.refresh(known, call).catch((error: unknown) => {
    if (isUntouched(first)) throw error;
    // What the others wrote must be told, also when nobody can say where the rest belongs now.
    return null;
  });
  if (!current) return sumOf(first);
  if (isSame(current, known)) return sumOf(withReasons(first, known));
  const left = refused.map(({ from }) => from);
  const second = withReasons(await send(write.split(current, left), current), current);
  const others = first.failures.filter((failure) => !refused.includes(failure));
  const { answers, behind } = await judge(first.answers, current, call, placements);
  return sumOf({
    answers: [...answers, ...second.answers],
    failures: [...others, ...behind, ...second.failures],
  });
}

/**
 * Who took its part under a placement that no longer stands may have had the newer one since, or be
 * behind: then nobody will look for the records there.
 */
async function judge<P extends { readonly name: string }>(
  taken: Gathered<P, number>['answers'],
  current: Known,
  call: Call,
  placements: Placements,
): Promise<{ answers: typeof taken; behind: Failure<P>[] }> {
  const holds = await Promise.all(
    // Who keeps silent now has said before that it was written.
    taken.map(({ from }) => placements.holds(current, from.name, call).catch(() => true)),
  );
  return {
    answers: taken.filter((_, i) => holds[i]),
    behind: taken
      .filter((_, i) => !holds[i])
      .map(({ from }) => ({
        from,
        pod: from.name,
        error: behindError(from.name, current, 'unknown'),
      })),
  };
}

async function knownFor(
  { ref, byKey }: Pick<Write<never>, 'ref' | 'byKey'>,
  placements: Placements,
  call: Call,
): Promise<Known> {
  const matches = ({ version }: Known): boolean => ref.version === null || ref.version === version;
  const known = await (byKey ? placements.findOwned(ref, call) : placements.find(ref, call));
  if (matches(known)) return known;
  const current = await placements.refresh(known, call);
  if (matches(current)) return current;
  throw errors.stalePlacement(current.members[0]!.name, ref.collection);
}

/** The placement that all pods were asked for just now still stands: who has another is behind. */
const withReasons = <P>(gathered: Gathered<P, number>, known: Known): Gathered<P, number> => ({
  answers: gathered.answers,
  failures: gathered.failures.map((failure) => ({ ...failure, error: reasonOf(failure, known) })),
});

function reasonOf({ pod, error }: Failure<unknown>, known: Known): Error {
  if (!isStalePlacement(error)) return error;
  return behindError(pod, known, 'notWritten');
}

const behindError = (pod: string, { collection }: Known, outcome: WriteOutcome): Error =>
  errors.podUnavailable(
    pod,
    `has an older placement of "${collection.collection}" than the other pods, as after the restore of a backup, and refuses writes`,
    outcome,
  );

/** All of it, or what came of it: nothing at all is the error itself. */
function sumOf<P extends { readonly name: string }>(gathered: Gathered<P, number>): number {
  const { answers, failures } = gathered;
  if (failures.length === 0) return answers.reduce((sum, { answer }) => sum + answer, 0);
  if (isUntouched(gathered)) throw firstError(failures)!;
  throw errors.partialWrite(
    outcomesOf(gathered),
    failures.map(({ pod, error }) => causeOf(pod, error)),
  );
}

/** Unexpected errors are for the log. */
const causeOf = (pod: string, error: Error): string =>
  codeOf(error) ? error.message : `Pod "${pod}" failed.`;
