import { codeOf, isCallerMistake } from '../../schema/errors.ts';
import type { Call } from '../../subgraphs/call.ts';
import type {
  CountQuery,
  FetchQuery,
  ScanPage,
  ScanQuery,
  SearchAnswer,
  SearchQuery,
  StoredRecord,
  VectorStore,
} from '../../subgraphs/store.ts';
import { mergeByKey, mergeNearest } from '../merge.ts';
import { allOf, scatter, type Failure } from '../scatter.ts';
import { underPlacement, type Outcome } from './attempt.ts';
import type { Known, Placements } from './placements.ts';
import type { Pods } from './pods.ts';
import { ownerIn, routeByKey } from './route.ts';

export function createReads(
  pods: Pods,
  placements: Placements,
): Pick<VectorStore, 'search' | 'fetch' | 'scan' | 'count'> {
  /** Every member's answer; without all of them there is none. */
  async function askAll<T>(
    known: Known,
    call: Call,
    ask: (store: VectorStore) => Promise<T>,
  ): Promise<Outcome<readonly { readonly pod: string; readonly answer: T }[]>> {
    const gathered = await scatter(known.members, async ({ name }) => {
      // The answer does not say under which placement it was given, so the pod is asked besides.
      const [answer, holds] = await Promise.all([
        ask(pods.store(name)),
        placements.holds(known, name, call),
      ]);
      return { pod: name, answer, holds };
    });
    const value = allOf(gathered);
    return { value, stale: value.some(({ holds }) => !holds) };
  }

  async function searchUnder(
    known: Known,
    query: SearchQuery,
    call: Call,
  ): Promise<Outcome<SearchAnswer>> {
    const { answers, failures } = await scatter(known.members, ({ name }) =>
      pods.store(name).search(query, call),
    );
    throwMistake(failures);
    const parts = answers.map(({ from, answer: { matches, hasMore } }) => ({
      pod: from.name,
      items: matches,
      hasMore,
    }));
    const merged = mergeNearest(parts, query.limit, ownerIn(known));
    const versions = answers.map(({ answer }) => answer.placementVersion).filter((v) => v > 0);
    return {
      value: {
        matches: merged.items,
        hasMore: merged.hasMore,
        shards: [
          ...answers.flatMap(({ answer }) => answer.shards),
          ...failures.map(({ pod, error }) => ({ pod, error })),
        ],
        placementVersion: versions.length > 0 ? known.version : 0,
      },
      stale: versions.some((v) => v !== known.version) || failures.some(isMissing),
    };
  }

  async function fetchUnder(
    known: Known,
    query: FetchQuery,
    call: Call,
  ): Promise<Outcome<readonly (StoredRecord | null | Error)[]>> {
    const legs = routeByKey(known, query.keys, (key) => key);
    const { answers, failures } = await scatter(legs, async ({ name, items }) => {
      const records = await pods.store(name).fetch({ ...query, keys: items }, call);
      // An absence counts only under the placement that stands; a record is there in any case.
      const stale = records.includes(null) && !(await placements.holds(known, name, call));
      return { records, stale };
    });
    throwMistake(failures);
    const value = new Array<StoredRecord | null | Error>(query.keys.length);
    for (const { from, answer } of answers) {
      from.positions.forEach((position, i) => (value[position] = answer.records[i]!));
    }
    for (const { from, error } of failures) {
      for (const position of from.positions) value[position] = error;
    }
    return { value, stale: answers.some(({ answer }) => answer.stale) || failures.some(isMissing) };
  }

  async function scanUnder(
    known: Known,
    query: ScanQuery,
    call: Call,
  ): Promise<Outcome<ScanPage>> {
    const { value, stale } = await askAll(known, call, (store) => store.scan(query, call));
    const parts = value.map(({ pod, answer: { records, hasMore } }) => ({
      pod,
      items: records,
      hasMore,
    }));
    const { items, hasMore } = mergeByKey(parts, query.limit, ownerIn(known));
    return { value: { records: items, hasMore }, stale };
  }

  async function countUnder(
    known: Known,
    query: CountQuery,
    call: Call,
  ): Promise<Outcome<number>> {
    const { value, stale } = await askAll(known, call, (store) => store.count(query, call));
    return { value: value.reduce((sum, { answer }) => sum + answer, 0), stale };
  }

  const under =
    <Q extends CountQuery | FetchQuery, T>(
      run: (known: Known, query: Q, call: Call) => Promise<Outcome<T>>,
    ) =>
    (query: Q, call: Call): Promise<T> =>
      underPlacement(placements, query, call, (known) => run(known, query, call));

  return {
    search: under(searchUnder),
    fetch: under(fetchUnder),
    scan: under(scanUnder),
    count: under(countUnder),
  };
}

/** The pod says there is no such collection, though the placement makes it a member. */
const isMissing = ({ error }: { readonly error: Error }): boolean =>
  codeOf(error) === 'COLLECTION_NOT_FOUND';

/** A wrong request is wrong on every pod; a missing part is the failure of one. */
function throwMistake(failures: readonly Failure<unknown>[]): void {
  const mistake = failures.find((failure) => isCallerMistake(failure.error) && !isMissing(failure));
  if (mistake) throw mistake.error;
}
