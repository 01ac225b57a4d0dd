/**
 * Everything has a limit, and all limits are here: errors quote them, the README prints them,
 * the configuration can override them.
 */
export const defaultLimits = {
  /** offset + k of a search. */
  windowMax: 10_000,
  /** Records in one write. */
  writeRecordsMax: 1_000,
  /** Keys in one read, update or deletion. */
  readKeysMax: 1_000,
  /** Records in one page of a scan, collections in one page of a listing. */
  pageMax: 1_000,
  /** Parts that a scan can be split into. */
  segmentsMax: 64,
  keyBytesMax: 1_024,
  metadataBytesMax: 40 * 1_024,
  /** Of what can be filtered on, in collections that have nonFilterableKeys. */
  metadataFilterableBytesMax: 2 * 1_024,
  /** Levels of lists and objects in metadata, and in what it is compared with. */
  metadataDepthMax: 64,
  /** Of a scan; what follows them is the order of the keys. */
  ordersMax: 4,
  /** PostgreSQL cuts longer identifiers. */
  nameBytesMax: 63,
  dimensionMax: 16_000,
  /** What HNSW and IVFFlat can index, by element type. */
  indexedDimensionMax: { FLOAT32: 2_000, FLOAT16: 4_000 },
  /** Of a text to search by. */
  textCharactersMax: 100_000,
  filterDepthMax: 8,
  filterConditionsMax: 100,
  filterValuesMax: 1_000,
  /** Of a pattern of $like or $ilike: databases refuse those that are too complex. */
  filterPatternCharactersMax: 1_000,
  bodyBytesMax: 20 * 1_024 * 1_024,
  /** Of a pod's request: what a client wrote as `1,` goes on as 5.3 bytes of base64. */
  podBodyBytesMax: 64 * 1_024 * 1_024,
  /** What a gateway reads of one answer of a pod: a page of the largest vectors fits. */
  answerBytesMax: 128 * 1_024 * 1_024,
  timeoutMsMax: 30_000,
  timeoutMsDefault: 5_000,
  queryDepthMax: 12,
  rootFieldsMax: 30,
  /** Searches of one request that run at once, and those that wait for them. */
  searchesAtOnceMax: 30,
  searchesWaitingMax: 1_000,
  /** Statements in flight on one pod's database, and a gateway's requests to one pod. */
  poolConnectionsMax: 16,
  /** Those that wait for their turn; one more is refused. */
  poolWaitingMax: 1_000,
} as const;

type Widened<T> = { readonly [K in keyof T]: T[K] extends number ? number : Widened<T[K]> };

export type Limits = Widened<typeof defaultLimits>;
