import type { Match } from '../../../subgraphs/store.ts';
import type { Question } from './questions.ts';

/** What a record was like after a write. Where it stands is its own, among all that ever stood. */
export interface State {
  readonly version: number;
  readonly at: number;
  readonly group: string;
}

/** null: there is no such record. */
type States = ReadonlyMap<string, State | null>;

export interface Written {
  /** Every search that begins from then on must show it. */
  readonly shownFrom: number;
  /** That was promised by way of Redis: where it forgets, the bound of the polls is left. */
  readonly byFloors: boolean;
}

export interface Seen {
  readonly begunAt: number;
  readonly endedAt: number;
  readonly question: Question;
  readonly matches: readonly Match[];
  /** All shards answered. */
  readonly isWhole: boolean;
  /** null: it was found for this search. */
  readonly ageMs: number | null;
}

export interface Model {
  /** After the last write; each key has one writer at a time. */
  last(key: string): State | null;
  /** From now on searches may show it; the result is called once it has happened. */
  begin(states: States, at: number): (written: Written) => void;
  /** Nobody knows what became of a write: they may be in any state from now on. */
  retire(keys: Iterable<string>): void;
  /** Redis lost what it knew, at some moment between the two. */
  forgotten(from: number, to: number): void;
  /** What was kept before `from` is served to nobody who begins after `to`. */
  cleared(from: number, to: number): void;
  /** What is wrong with an answer, in words; null: nothing. */
  wrongWith(seen: Seen): string | null;
}

/** How long a write may stay unseen that gateways were not told of. */
export const unseenMs = 100;

/**
 * What one collection was like, by the promise of the cache: a search that began at T and returned
 * at R shows each key no older than the last write that had to be seen at T, and no newer than the
 * last one begun at R. Pure: it knows the time only as it is told.
 */
export function createModel(): Model {
  const histories = new Map<string, Moment[]>();
  const retired = new Set<string>();
  const losses: Span[] = [];
  const clearings: Span[] = [];

  /** A loss of which the search may have known counts, and none that came after it. */
  function isDue(moment: Moment, { begunAt, endedAt }: Seen): boolean {
    const { written } = moment;
    if (!written || written.shownFrom > begunAt) return false;
    if (!written.byFloors || written.shownFrom + unseenMs <= begunAt) return true;
    return !losses.some(({ from, to }) => to >= moment.begunAt && from <= endedAt);
  }

  /** The states in which a search may show a key, from the newest on. */
  function possible(history: readonly Moment[], seen: Seen): (State | null)[] {
    const states: (State | null)[] = [];
    for (const moment of history.toReversed()) {
      if (moment.begunAt > seen.endedAt) continue;
      states.push(moment.state);
      if (isDue(moment, seen)) return states;
    }
    return [...states, null];
  }

  function isCleared({ begunAt, endedAt, ageMs }: Seen): boolean {
    const lastLoss = losses.findLast(({ from }) => from <= endedAt)?.to ?? -Infinity;
    return clearings.some(
      ({ from, to }) => from > lastLoss && to <= begunAt && endedAt - (ageMs ?? 0) < from - clockMs,
    );
  }

  return {
    last: (key) => histories.get(key)?.at(-1)?.state ?? null,
    begin(states, at) {
      const moments = [...states].map(([key, state]) => {
        const moment: Moment = { state, begunAt: at, written: null };
        histories.set(key, [...recent(histories.get(key) ?? [], at), moment]);
        return moment;
      });
      return (written) => {
        for (const moment of moments) moment.written = written;
      };
    },
    retire(keys) {
      for (const key of keys) {
        retired.add(key);
        histories.delete(key);
      }
    },
    forgotten: (from, to) => void losses.push({ from, to }),
    cleared: (from, to) => void clearings.push({ from, to }),
    wrongWith(seen) {
      if (isCleared(seen)) return `what is ${seen.ageMs} ms old was cleared since`;
      const shown = new Map(seen.matches.map((match) => [match.key, match]));
      if (shown.size < seen.matches.length) return 'a key comes twice';
      const strange = [...shown.keys()].find((key) => !retired.has(key) && !histories.has(key));
      if (strange) return `${strange} was never written`;
      for (const [key, history] of histories) {
        const states = possible(history, seen);
        const wrong = wrongWithKey(shown.get(key), states, seen);
        if (wrong) return `${key} ${wrong}; allowed: ${JSON.stringify(states)}`;
      }
      return null;
    },
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Ages are of another clock than moments, and whole milliseconds. */
const clockMs = 3;

interface Moment {
  readonly state: State | null;
  readonly begunAt: number;
  /** null: it is under way. */
  written: Written | null;
}

/** Without what no search can be allowed to show any more that is still under way. */
function recent(history: readonly Moment[], now: number): readonly Moment[] {
  const due = history.findLastIndex(({ written }) => written && written.shownFrom < now - keptMs);
  return history.slice(Math.max(0, due));
}

/** More than the longest search and the bound of the polls. */
const keptMs = 60_000;

function wrongWithKey(
  match: Match | undefined,
  states: readonly (State | null)[],
  { question, matches, isWhole }: Seen,
): string | null {
  const fits = (state: State | null): state is State =>
    state !== null && (question.groups?.includes(state.group) ?? true);
  if (match) {
    return states.some((state) => fits(state) && shows(match, state, question))
      ? null
      : `is shown as ${JSON.stringify(match)}`;
  }
  const last = matches.length < question.limit ? Infinity : matches.at(-1)!.distance;
  const isMissing = states.every((state) => fits(state) && distanceTo(state, question) < last);
  return isWhole && isMissing ? 'is missing' : null;
}

const distanceTo = ({ at }: State, { from }: Question): number => Math.abs(at - from);

/** As far as the search asked for it. */
const shows = ({ distance, metadata, vector }: Match, state: State, question: Question): boolean =>
  distance === distanceTo(state, question) &&
  (question.select.metadata === 'none' || metadata?.['version'] === state.version) &&
  (question.select.metadata !== 'all' || metadata?.['group'] === state.group) &&
  (!question.select.vector || vector?.[0] === state.at);
