import { GraphQLError } from 'graphql';
import { errorCodes } from '../../schema/errors.ts';
import type { JsonObject } from '../../schema/filter.ts';
import { elementTypes, indexMethods, metrics } from '../../schema/metric.ts';
import type { Above, Placement, SlotRange } from '../../schema/placement.ts';
import { readVector } from '../../schema/vector.ts';
import type { OrderValue } from '../../subgraphs/scan-order.ts';
import { exactReasons } from '../../subgraphs/store.ts';
import type {
  Bucket,
  Collection,
  Match,
  Pod,
  ScanPage,
  SearchAnswer,
  ShardChange,
  ShardChanged,
  ShardFailure,
  ShardIndex,
  ShardInspection,
  ShardProfile,
  StoredRecord,
} from '../../subgraphs/store.ts';
import {
  anyObject,
  boolean,
  list,
  Malformed,
  nullable,
  number,
  object,
  oneOf,
  text,
  type Reader,
} from './reader.ts';

const json = anyObject as Reader<JsonObject>;

const orderValue: Reader<OrderValue> = nullable((input) =>
  typeof input === 'number' || typeof input === 'boolean' ? input : text(input),
);

/** Fields that were not selected are not there; a record of a found table may have no vector. */
const storedRecord: Reader<StoredRecord> = (input) => {
  const { key, metadata, vectorBase64 = null } = anyObject(input);
  return {
    key: text(key),
    metadata: metadata === undefined ? undefined : json(metadata),
    vector: vectorBase64 === null ? undefined : readVector(text(vectorBase64), 'vector'),
  };
};

/** The record that was asked for, and no other. */
export const recordOf =
  (key: string): Reader<StoredRecord> =>
  (input) => {
    const record = storedRecord(input);
    if (record.key === key) return record;
    throw new Malformed('needed the record that was asked for');
  };

const change = object<ShardChange>({ table: text, count: number });

const profile = object<ShardProfile>({
  pod: text,
  plan: oneOf(['EXACT', 'HNSW', 'IVFFLAT']),
  exactReason: nullable(oneOf(exactReasons)),
  tookMs: number,
  rowCount: number,
  truncated: boolean,
  attempts: number,
  hedged: boolean,
  change: nullable(change),
});

/** Another server's account of an error, as the error again. */
export const failureError: Reader<Error> = (input) => {
  const { code, message } = object({ code: oneOf(errorCodes), message: text })(input);
  return new GraphQLError(message, { extensions: { code } });
};

const failure: Reader<ShardFailure> = (input) => ({
  pod: text(anyObject(input)['pod']),
  error: failureError(input),
});

const coverage = object({ failures: list(failure) });

const columns = object({
  keys: list(text),
  distances: list(number),
  metadata: nullable(list(json)),
  vectors: nullable(list(text)),
});

const searched = object({
  hasMore: boolean,
  placementVersion: number,
  profile: list(profile),
  failures: list(failure),
});

/** As `answerToWire` writes it. */
export const searchAnswer: Reader<SearchAnswer> = (input) => {
  const { hasMore, placementVersion, ...answered } = searched(input);
  const shards = [...answered.profile, ...answered.failures];
  return { matches: readMatches(input), hasMore, placementVersion, shards };
};

function readMatches(input: unknown): Match[] {
  const { keys, distances, metadata, vectors } = columns(input);
  checkLengths(keys, [distances, metadata, vectors]);
  return keys.map((key, i) => ({
    key,
    distance: distances[i]!,
    metadata: metadata?.[i],
    vector: vectors ? readVector(vectors[i], 'vector') : undefined,
  }));
}

function checkLengths(keys: readonly string[], others: readonly (readonly unknown[] | null)[]) {
  for (const column of others) {
    if (column && column.length !== keys.length)
      throw new Malformed('needed columns of one length');
  }
}

const pageInfo = object({ hasNextPage: boolean });

const scanned = object({
  hasMore: boolean,
  keys: list(text),
  values: nullable(list(list(orderValue))),
  metadata: nullable(list(json)),
  vectors: nullable(list(nullable(text))),
});

/** As `pageToWire` writes it, of records that have `valueCount` values in the order. */
export const scanPage =
  (valueCount: number): Reader<ScanPage> =>
  (input) => {
    const { hasMore, keys, values, metadata, vectors } = scanned(input);
    checkLengths(keys, [values, metadata, vectors]);
    const records = keys.map((key, i) => ({
      key,
      metadata: metadata?.[i],
      vector: vectors?.[i] ? readVector(vectors[i], 'vector') : undefined,
      position: { key, values: values?.[i] ?? [] },
    }));
    if (records.every(({ position }) => position.values.length === valueCount)) {
      return { records, hasMore };
    }
    throw new Malformed('needed a value for each order');
  };

const range: Reader<SlotRange> = (input) => {
  const [from, to, ...more] = list(number)(input);
  if (from !== undefined && to !== undefined && more.length === 0) return [from, to];
  throw new Malformed('needed a range of slots');
};

const slots: Reader<Placement['slots']> = (input) =>
  Object.fromEntries(
    Object.entries(anyObject(input)).map(([pod, ranges]) => [pod, list(range)(ranges)]),
  );

const placementHere = object<Omit<Placement, 'above' | 'inUse' | 'ended'>>({
  uid: text,
  version: number,
  state: oneOf(['creating', 'active', 'dropped']),
  slots,
});

export const placement: Reader<Placement> = (input) => {
  const { above, inUse, ended } = anyObject(input);
  return {
    ...placementHere(input),
    ...(above ? { above: list(object<Above>({ pod: text, slots }))(above) } : {}),
    ...(inUse === true ? { inUse } : {}),
    ...(ended ? { ended: list(text)(ended) } : {}),
  };
};

const collectionFields = {
  bucket: text,
  dimension: number,
  metric: oneOf(metrics),
  elementType: oneOf(elementTypes),
  nonFilterableKeys: list(text),
  createdAt: nullable(text),
  placement,
};

/** As a store gives it. */
export const collectionRow = object<Collection>({ ...collectionFields, collection: text });

/** As the type VectorCollection has it. */
export const collectionNode: Reader<Collection> = (input) => {
  const { name, ...rest } = object({ ...collectionFields, name: text })(input);
  return { ...rest, collection: name };
};

export const collectionConnection = object({ nodes: list(collectionNode), pageInfo, coverage });

export const collectionRows = object({
  collections: list(collectionRow),
  hasMore: boolean,
  pods: list(object({ pod: text, error: nullable(failureError) })),
});

export const index = object<ShardIndex>({
  name: text,
  method: oneOf(indexMethods),
  metric: oneOf(metrics),
  options: json,
  state: oneOf(['BUILDING', 'READY', 'INVALID']),
  percent: nullable(number),
  bytes: nullable(number),
});

export const inspections = list(
  list(
    object<ShardInspection>({
      pod: text,
      slotCount: nullable(number),
      error: nullable(failureError),
      count: nullable(number),
      bytes: nullable(number),
      indexes: nullable(list(index)),
    }),
  ),
);

export const changes = list(
  list(
    object<ShardChanged>({ pod: text, change: nullable(change), error: nullable(failureError) }),
  ),
);

export const bucket = object<Bucket>({
  name: text,
  collectionCount: nullable(number),
  createdAt: nullable(text),
});

export const pod = object<Pod>({
  name: text,
  healthy: boolean,
  postgres: nullable(text),
  pgvector: nullable(text),
  collectionCount: nullable(number),
});
