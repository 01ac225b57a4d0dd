import type { Call } from '../../subgraphs/call.ts';
import { comparePositions } from '../../subgraphs/scan-order.ts';
import type {
  CollectionRef,
  CountQuery,
  FetchQuery,
  ScanPage,
  ScannedRecord,
  ScanQuery,
  StoredRecord,
  VectorStore,
} from '../../subgraphs/store.ts';
import { mergeInOrder } from '../merge.ts';
import { allOf } from '../scatter.ts';
import { isMissing, throwCommonMistake, underPlacement, type Outcome } from './attempt.ts';
import type { Known } from './known.ts';
import type { Placements } from './placements.ts';
import type { Pods } from './pods.ts';
import { routeReads } from './route.ts';
import { search } from './search.ts';

export interface Rooms {
  readonly pods: Pods;
  readonly placements: Placements;
}

type Read<Q, T> = (known: Known, query: Q, call: Call, rooms: Rooms) => Promise<Outcome<T>>;

export function createReads(
  rooms: Rooms,
): Pick<VectorStore, 'search' | 'fetch' | 'scan' | 'count'> {
  const under =
    <Q extends CollectionRef, T>(read: Read<Q, T>) =>
    (query: Q, call: Call): Promise<T> =>
      underPlacement(rooms.placements, query, call, (known) => read(known, query, call, rooms));

  return { search: under(search), fetch: under(fetch), scan: under(scan), count: under(count) };
}

async function fetch(
  known: Known,
  query: FetchQuery,
  call: Call,
  { pods, placements }: Rooms,
): Promise<Outcome<readonly (StoredRecord | null | Error)[]>> {
  const legs = routeReads(known, query.keys);
  const gathered = await pods.scatter(legs, async (store, { name, items }) => {
    const found = await store.fetch({ ...query, keys: items }, call);
    const records = known.regions.length === 0 ? found : withoutForeign(found, name, items, known);
    // An absence counts only under the placement that stands; a record is there in any case.
    const stale = records.includes(null) && !(await placements.holds(known, name, call));
    return { records, stale };
  });
  throwCommonMistake(gathered);
  const { answers, failures } = gathered;
  const value = new Array<StoredRecord | null | Error>(query.keys.length).fill(null);
  for (const { from, answer } of answers) {
    from.positions.forEach((position, i) => {
      if (isLess(value[position], answer.records[i])) value[position] = answer.records[i]!;
    });
  }
  for (const { from, error } of failures) {
    for (const position of from.positions) value[position] ??= error;
  }
  return { value, stale: answers.some(({ answer }) => answer.stale) || failures.some(isMissing) };
}

/** Copies of what a larger gateway gave to another region are not there. */
const withoutForeign = <T>(
  records: readonly T[],
  pod: string,
  keys: readonly string[],
  { counts }: Known,
): readonly (T | null)[] => records.map((record, i) => (counts(pod, keys[i]!) ? record : null));

/** Of several pods that were asked for a key: a record says more than an error, and that than null. */
const isLess = (a: StoredRecord | null | Error | undefined, b: typeof a): boolean =>
  !a || (a instanceof Error && Boolean(b) && !(b instanceof Error));

async function scan(
  known: Known,
  query: ScanQuery,
  call: Call,
  rooms: Rooms,
): Promise<Outcome<ScanPage>> {
  const { value, stale } = await askAll(known, call, rooms, (store) => store.scan(query, call));
  const parts = value.map(({ pod, answer: { records, hasMore } }) => ({
    pod,
    items: counted(records, pod, known),
    hasMore,
    end: hasMore ? records.at(-1) : undefined,
  }));
  const compare = comparePositions(query.orderBy);
  const { items, hasMore, end } = mergeInOrder(parts, query.limit, known.counts, (a, b) =>
    compare(a.position, b.position),
  );
  const missing = query.limit - items.length;
  if (!end || missing === 0) return { value: { records: items, hasMore }, stale };
  const next = { ...query, limit: missing, after: end.position };
  const rest = await scan(known, next, call, rooms);
  return {
    value: { records: [...items, ...rest.value.records], hasMore: rest.value.hasMore },
    stale: stale || rest.stale,
  };
}

/** Without the copies that a pod may hold while slots move. */
const counted = (
  records: readonly ScannedRecord[],
  pod: string,
  { hashed, counts }: Known,
): readonly ScannedRecord[] => (hashed ? records.filter(({ key }) => counts(pod, key)) : records);

/** What is on two pods counts twice: to tell copies apart would take a hash of every row. */
async function count(
  known: Known,
  query: CountQuery,
  call: Call,
  rooms: Rooms,
): Promise<Outcome<number>> {
  const { value, stale } = await askAll(known, call, rooms, (store) => store.count(query, call));
  return { value: value.reduce((sum, { answer }) => sum + answer, 0), stale };
}

/** Every member's answer; without all of them there is none. */
async function askAll<T>(
  known: Known,
  call: Call,
  { pods, placements }: Rooms,
  ask: (store: VectorStore) => Promise<T>,
): Promise<Outcome<readonly { readonly pod: string; readonly answer: T }[]>> {
  const gathered = await pods.scatter(known.members, async (store, { name }) => {
    // The answer does not say under which placement it was given, so the pod is asked besides.
    const [answer, holds] = await Promise.all([ask(store), placements.holds(known, name, call)]);
    return { pod: name, answer, holds };
  });
  const value = allOf(gathered);
  return { value, stale: value.some(({ holds }) => !holds) };
}
