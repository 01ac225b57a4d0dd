import { errors } from '../schema/errors.ts';
import type { Limits } from '../schema/limits.ts';
import { inPart, type Call } from './call.ts';
import type { Embedders } from './embedders/embedders.ts';
import type { HotCache } from './hot-cache.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { Logger } from './logger.ts';
import { createEntitySelections } from './selection.ts';
import type { VectorStore } from './store.ts';
import { createTurnstile, type Turnstile } from './turnstile.ts';

/** What the `vectors` subgraph stands on. */
export interface VectorsService {
  readonly store: VectorStore;
  readonly limits: Limits;
  /** For `near.text`; they stay the caller's to close. */
  readonly embedders: Embedders;
  /** The share of the shards that must take part in a search which does not say so itself. */
  readonly minCoverage: number;
  /** Stands in front of the store; none when left out. */
  readonly cache?: HotCache;
  readonly logger: Logger;
}

/** One incoming request: its loaders live as long as it does. */
export interface VectorsContext extends VectorsService {
  readonly call: Call;
  /** How long each operation may take that does not say so itself. */
  readonly operationMs: number;
  readonly loaders: Loaders;
  readonly entitySelection: ReturnType<typeof createEntitySelections>;
  /** Nested searches can be many: they are not to take the pods from everybody else. */
  readonly searches: Turnstile;
}

export function createVectorsContext(
  service: VectorsService,
  call: Call,
  operationMs: number = service.limits.timeoutMsDefault,
): VectorsContext {
  const loaders = createLoaders(service, call, operationMs);
  const { searchesAtOnceMax: places, searchesWaitingMax: waitingMax } = service.limits;
  return {
    ...service,
    call,
    operationMs,
    loaders,
    entitySelection: createEntitySelections(),
    searches: createTurnstile({ places, waitingMax }),
  };
}

/** Run a search when it is its turn among those of its request. */
export async function inTurn<T>(
  { searches, limits }: Pick<VectorsContext, 'searches' | 'limits'>,
  call: Call,
  work: () => Promise<T>,
): Promise<T> {
  const searchesMax = limits.searchesAtOnceMax + limits.searchesWaitingMax;
  const turn = searches.enter(call, {
    full: () => errors.limitExceeded('query', 'searches at a time', searchesMax, searchesMax + 1),
    gone: () => errors.deadlineExceeded(call.timeoutMs),
  });
  if (turn) await turn;
  try {
    return await work();
  } finally {
    searches.leave();
  }
}

/** Run one operation of the request within its own time. */
export const withinTime = <T>(
  context: { readonly call: Call; readonly operationMs: number },
  timeoutMs: number | null,
  run: (call: Call) => Promise<T>,
): Promise<T> => inPart(context.call, timeoutMs ?? context.operationMs, run);
