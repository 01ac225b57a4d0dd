import { startCall, type StartedCall } from '../../subgraphs/call.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import type {
  CollectionSpec,
  IndexSpec,
  NewRecord,
  ScanQuery,
  SearchQuery,
} from '../../subgraphs/store.ts';

export const silent: Logger = { info() {}, warn() {}, error() {} };

/** Do something that takes a call. */
export async function during<T>(
  work: (call: StartedCall) => Promise<T>,
  timeoutMs = 20_000,
): Promise<T> {
  const call = startCall({ timeoutMs, requestId: 'test' });
  try {
    return await work(call);
  } finally {
    call.end();
  }
}

export const specIn = (
  bucket: string,
  collection: string,
  more: Partial<CollectionSpec> = {},
): CollectionSpec => ({
  bucket,
  collection,
  dimension: 2,
  metric: 'L2',
  elementType: 'FLOAT32',
  nonFilterableKeys: [],
  pods: null,
  ifNotExists: false,
  ...more,
});

/** `count` records on a line: key "0" at [1, 0], "1" at [2, 0] and so on, metadata {n}. */
export const line = (count: number): NewRecord[] =>
  Array.from({ length: count }, (_, n) => ({
    key: String(n),
    vector: Float32Array.of(n + 1, 0),
    metadata: { n },
  }));

export const searchIn = (
  bucket: string,
  collection: string,
  more: Partial<SearchQuery> = {},
): SearchQuery => ({
  bucket,
  collection,
  vector: Float32Array.of(0, 0),
  metric: 'L2',
  limit: 5,
  filter: null,
  exclude: null,
  select: { metadata: 'none', vector: false },
  mode: 'AUTO',
  efSearch: null,
  probes: null,
  changes: false,
  cache: false,
  ...more,
});

export const scanIn = (
  bucket: string,
  collection: string,
  more: Partial<ScanQuery> = {},
): ScanQuery => ({
  bucket,
  collection,
  filter: null,
  limit: 1_000,
  orderBy: [],
  after: null,
  segment: { index: 0, of: 1 },
  select: { metadata: 'none', vector: false },
  ...more,
});

export const indexIn = (
  bucket: string,
  collection: string,
  more: Partial<IndexSpec> = {},
): IndexSpec => ({
  bucket,
  collection,
  method: 'HNSW',
  metric: 'L2',
  m: null,
  efConstruction: null,
  lists: null,
  maintenanceWorkMem: null,
  ifNotExists: true,
  waitMs: 20_000,
  ...more,
});

/** The code of the error that comes, its message when it has none, or 'none' without an error. */
export const codeFrom = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: { readonly extensions?: { readonly code?: unknown }; readonly message: string }) =>
      error.extensions?.code ?? error.message,
  );
