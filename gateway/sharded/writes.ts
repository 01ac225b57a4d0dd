import {
  errors,
  isCallerMistake,
  isStalePlacement,
  outcomeOf,
  type PodOutcome,
} from '../../schema/errors.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef, VectorStore } from '../../subgraphs/store.ts';
import { firstError, scatter, type Failure, type Gathered } from '../scatter.ts';
import { mayBeStale } from './attempt.ts';
import { isSame, type Known, type Placements } from './placements.ts';
import type { Pods } from './pods.ts';
import { routeByKey, type Leg } from './route.ts';

/** A write cut into one part a pod. */
interface Write<P extends { readonly name: string }> {
  readonly ref: CollectionRef & { readonly version: number | null };
  /** The parts of all of it, or of what is left of it in `parts`. */
  split(known: Known, parts?: readonly P[]): readonly P[];
  /** How many records it reached. */
  send(store: VectorStore, part: P, version: number): Promise<number>;
}

export function createWrites(
  pods: Pods,
  placements: Placements,
): Pick<VectorStore, 'upsert' | 'updateMetadata' | 'delete'> {
  const run = <P extends { readonly name: string }>(
    write: Write<P>,
    parts: readonly P[],
    { version }: Known,
  ): Promise<Gathered<P, number>> =>
    scatter(parts, (part) => write.send(pods.store(part.name), part, version));

  /** What was refused because the placement has changed is written once more, by the new one. */
  async function perform<P extends { readonly name: string }>(
    write: Write<P>,
    call: Call,
  ): Promise<number> {
    const known = await knownFor(write.ref, call);
    const first = await run(write, write.split(known), known);
    const refused = first.failures.filter(({ error }) => mayBeStale(error));
    if (refused.length === 0) return sumOf(first);

    const current = await placements.refresh(known, call);
    if (isSame(current, known)) return sumOf(withReasons(first, known));
    const parts = write.split(
      current,
      refused.map(({ from }) => from),
    );
    const second = await run(write, parts, current);
    const others = first.failures.filter((failure) => !refused.includes(failure));
    return sumOf({
      answers: [...first.answers, ...second.answers],
      failures: [...others, ...withReasons(second, current).failures],
    });
  }

  async function knownFor(ref: Write<never>['ref'], call: Call): Promise<Known> {
    const matches = ({ version }: Known): boolean =>
      ref.version === null || ref.version === version;
    const known = await placements.find(ref, call);
    if (matches(known)) return known;
    const current = await placements.refresh(known, call);
    if (matches(current)) return current;
    throw errors.stalePlacement(current.members[0]!.name, ref.collection);
  }

  return {
    upsert: (write, call) =>
      perform(
        {
          ref: write,
          split: byKey(write.records, (record) => record.key),
          send: (store, { items }, version) =>
            store.upsert({ ...write, records: items, version }, call),
        },
        call,
      ),
    updateMetadata: (write, call) =>
      perform(
        {
          ref: write,
          split: byKey(write.keys, (key) => key),
          send: (store, { items }, version) =>
            store.updateMetadata({ ...write, keys: items, version }, call),
        },
        call,
      ),
    async delete(write, call) {
      const { target } = write;
      if ('filter' in target) {
        const send = (store: VectorStore, _: unknown, version: number) =>
          store.delete({ ...write, version }, call);
        return perform({ ref: write, split: ({ members }) => members, send }, call);
      }
      return perform(
        {
          ref: write,
          split: byKey(target.keys, (key) => key),
          send: (store, { items }, version) =>
            store.delete({ ...write, target: { keys: items }, version }, call),
        },
        call,
      );
    },
  };
}

const byKey =
  <T>(all: readonly T[], keyOf: (item: T) => string) =>
  (known: Known, parts?: readonly Leg<T>[]): readonly Leg<T>[] =>
    routeByKey(known, parts ? parts.flatMap(({ items }) => items) : all, keyOf);

/** The placement that all pods were asked for just now still stands: who has another is behind. */
const withReasons = <P>(gathered: Gathered<P, number>, known: Known): Gathered<P, number> => ({
  answers: gathered.answers,
  failures: gathered.failures.map((failure) => ({ ...failure, error: reasonOf(failure, known) })),
});

function reasonOf({ pod, error }: Failure<unknown>, known: Known): Error {
  if (!isStalePlacement(error)) return error;
  const { collection } = known.collection;
  return errors.podUnavailable(
    pod,
    `has an older placement of "${collection}" than the other pods, as after the restore of a backup, and refuses writes`,
  );
}

/** All of it, or what came of it: nothing at all is the error itself. */
function sumOf<P extends { readonly name: string }>(gathered: Gathered<P, number>): number {
  const { answers, failures } = gathered;
  const outcomes = outcomesOf(gathered);
  if (failures.length === 0) return answers.reduce((sum, { answer }) => sum + answer, 0);
  if (outcomes.every(({ outcome }) => outcome === 'notWritten')) throw firstError(failures)!;
  throw errors.partialWrite(
    outcomes,
    failures.map(({ pod, error }) => causeOf(pod, error)),
  );
}

/** One row a pod. A pod that was written to twice has the worse of the two outcomes. */
function outcomesOf<P extends { readonly name: string }>({
  answers,
  failures,
}: Gathered<P, number>): PodOutcome[] {
  const byPod = new Map<string, PodOutcome>();
  for (const { from } of answers) {
    byPod.set(from.name, { pod: from.name, outcome: 'written' });
  }
  for (const { pod, error } of failures) {
    if (byPod.get(pod)?.outcome !== 'unknown') byPod.set(pod, { pod, outcome: outcomeOf(error) });
  }
  return [...byPod.values()].sort((a, b) => (a.pod < b.pod ? -1 : 1));
}
