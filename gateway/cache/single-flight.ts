import { remainingMs, startCall, type Call, type StartedCall } from '../../subgraphs/call.ts';

export interface SingleFlightOptions<T> {
  /**
   * Whether an answer is as good for those who joined as one of their own: partial ones are not.
   */
  readonly isShareable: (value: T) => boolean;
  /** Of work that may still be joined: what happened since it began it may not have seen. */
  readonly ageMsMax: number;
}

export interface Landed<T> {
  readonly value: T;
  /** It was somebody else's work. */
  readonly joined: boolean;
}

/**
 * One piece of work for all who want the same at the same time. The key says all that the result
 * depends on: of a search its key, how many matches are wanted, and the floors that the caller saw,
 * for who came after a write must not share what began before it.
 *
 * The work has the deadline of whoever began it, and ends early only when the last of its callers
 * has gone away. Only callers with as much time join, so none waits beyond its own deadline; what
 * fails, or is not shareable, they do again for themselves, if there is the time that it took.
 */
export function createSingleFlight<T>({ isShareable, ageMsMax }: SingleFlightOptions<T>) {
  const flights = new Map<string, Flight<T>>();

  function begin(key: string, call: Call, work: Work<T>): Flight<T> {
    const begunAt = performance.now();
    const shared = startCall({ timeoutMs: remainingMs(call), requestId: call.requestId });
    const landing = start(work, shared).finally(() => {
      shared.end();
      if (flights.get(key) === flight) flights.delete(key);
    });
    const { deadlineAt } = call;
    const flight: Flight<T> = { shared, landing, deadlineAt, begunAt, callers: new Set() };
    flights.set(key, flight);
    return flight;
  }

  async function join(flight: Flight<T>, call: Call, work: Work<T>) {
    const value = await ride(flight, call).catch(() => undefined);
    // A part of the answer is more than whoever begins at its deadline would get.
    const isLate = remainingMs(call) < performance.now() - flight.begunAt;
    if (value !== undefined && (isLate || isShareable(value))) return { value, joined: true };
    return { value: await work(call), joined: false };
  }

  return {
    async run(key: string, call: Call, work: Work<T>): Promise<Landed<T>> {
      const flight = flights.get(key);
      if (flight && isJoinable(flight, call, ageMsMax)) return join(flight, call, work);
      return { value: await ride(begin(key, call, work), call), joined: false };
    },
    /** Pieces of work that are being done. */
    get size(): number {
      return flights.size;
    },
  };
}

type Work<T> = (call: Call) => Promise<T>;

interface Flight<T> {
  readonly shared: StartedCall;
  readonly landing: Promise<T>;
  /** Of whoever began it. */
  readonly deadlineAt: number;
  readonly begunAt: number;
  readonly callers: Set<object>;
}

/** `async` also turns a synchronous throw into a rejection. */
const start = async <T>(work: Work<T>, call: Call): Promise<T> => work(call);

/** What was given up gives nobody an answer. */
const isJoinable = <T>(
  { shared, deadlineAt, begunAt }: Flight<T>,
  call: Call,
  ageMsMax: number,
): boolean =>
  !shared.aborted && call.deadlineAt >= deadlineAt && begunAt >= performance.now() - ageMsMax;

/** A caller that has gone away waits too: no longer than the work, which has a deadline. */
async function ride<T>({ shared, landing, callers }: Flight<T>, call: Call): Promise<T> {
  const seat = {};
  callers.add(seat);
  const stay = call.onAbort(() => {
    callers.delete(seat);
    if (callers.size === 0) shared.abort();
  });
  try {
    return await landing;
  } finally {
    stay();
  }
}
