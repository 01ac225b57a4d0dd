import { errors } from '../../schema/errors.ts';
import { within } from '../../subgraphs/within.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { VectorStore } from '../../subgraphs/store.ts';

export type Fault =
  /** Nothing gets through. */
  | { readonly kind: 'down' }
  /** Nothing is answered, until the deadline or the repair. */
  | { readonly kind: 'frozen' }
  /** What is asked happens, and its answer is lost. */
  | { readonly kind: 'losesAnswers' }
  /** The next `after` requests of this method are good, the others do not get through. */
  | { readonly kind: 'fails'; readonly method: keyof VectorStore; readonly after: number };

export interface FaultyStore {
  readonly store: VectorStore;
  /** The methods that were called, in order. */
  readonly asked: readonly (keyof VectorStore)[];
  break(fault: Fault): void;
  repair(): void;
}

/** A store that can be broken at a chosen moment, so that no test has to wait for bad luck. */
export function faulty(pod: string, inner: VectorStore): FaultyStore {
  const asked: (keyof VectorStore)[] = [];
  let fault: Fault | null = null;
  let good = 0;
  let thaw = (): void => {};
  let frozen = Promise.resolve();

  async function ask(
    method: keyof VectorStore,
    call: Call,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    asked.push(method);
    if (fault?.kind === 'down') throw errors.podUnavailable(pod, 'is down');
    if (fault?.kind === 'fails' && fault.method === method && good++ >= fault.after) {
      throw errors.podUnavailable(pod, 'is down');
    }
    await within(call, frozen);
    const answer = await run();
    if (fault?.kind !== 'losesAnswers') return answer;
    throw errors.podUnavailable(pod, 'broke the connection', 'unknown');
  }

  const methods = Object.entries(inner).map(([name, method]) => [
    name,
    (...args: unknown[]) => {
      const call = args.find(isCall);
      const run = (): Promise<unknown> => method(...args);
      return call ? ask(name as keyof VectorStore, call, run) : run();
    },
  ]);

  return {
    store: Object.fromEntries(methods) as VectorStore,
    asked,
    break(next) {
      fault = next;
      good = 0;
      if (next.kind === 'frozen') frozen = new Promise((resolve) => (thaw = resolve));
    },
    repair() {
      fault = null;
      thaw();
    },
  };
}

const isCall = (value: unknown): value is Call =>
  typeof value === 'object' && value !== null && 'signal' in value;
