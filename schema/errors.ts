import { GraphQLError } from 'graphql';
import { shown } from './shown.ts';

/** Apollo's own codes that we use, then ours. Clients branch on these, never on a message. */
export const errorCodes = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
  'BAD_USER_INPUT',
  'INTERNAL_SERVER_ERROR',
  'DIMENSION_MISMATCH',
  'INVALID_FILTER',
  'COLLECTION_NOT_FOUND',
  'COLLECTION_EXISTS',
  'BUCKET_NOT_EMPTY',
  'LIMIT_EXCEEDED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'DEADLINE_EXCEEDED',
  'INSUFFICIENT_COVERAGE',
  'POD_UNAVAILABLE',
  'PARTIAL_WRITE',
  'OVERLOADED',
  'VALUE_MISMATCH',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What a failed write left behind on one pod. */
export type WriteOutcome = 'written' | 'notWritten' | 'unknown';

export interface PodOutcome {
  readonly pod: string;
  readonly outcome: WriteOutcome;
}

interface Named {
  readonly bucket: string;
  readonly collection: string;
}

type Details = Readonly<Record<string, unknown>>;

const fail = (code: ErrorCode, message: string, details: Details = {}): GraphQLError =>
  new GraphQLError(message, { extensions: { ...details, code } });

/** Every error that a caller can meet. A message says what was needed, then what came. */
export const errors = {
  badInput: (argument: string, needed: string, came: unknown) =>
    fail('BAD_USER_INPUT', `${argument} must be ${needed}; got ${shown(came)}.`, { argument }),

  /** For mistakes that are not about one wrong value, such as a key given twice. */
  badRequest: (argument: string, message: string) => fail('BAD_USER_INPUT', message, { argument }),

  dimensionMismatch: (argument: string, collection: string, expected: number, actual: number) =>
    fail(
      'DIMENSION_MISMATCH',
      `Collection "${collection}" holds ${expected}-dimensional vectors; ${argument} has ${actual}.`,
      { argument, collection, expected, actual },
    ),

  embedderMismatch: (
    argument: string,
    collection: string,
    expected: number,
    embedder: { readonly name: string; readonly dimension: number },
  ) =>
    fail(
      'DIMENSION_MISMATCH',
      `Collection "${collection}" holds ${expected}-dimensional vectors; those of its embedder "${embedder.name}" have ${embedder.dimension}.`,
      { argument, collection, expected, actual: embedder.dimension, embedder: embedder.name },
    ),

  invalidFilter: (argument: string, needed: string, came: unknown) =>
    fail('INVALID_FILTER', `${argument} must be ${needed}; got ${shown(came)}.`, { argument }),

  /** What is stored does not fit the type that somebody's SDL gives it: `field` as "Doc.tags[1]". */
  valueMismatch: (
    field: string,
    needed: string,
    came: unknown,
    { bucket, collection, key }: Named & { readonly key: string },
  ) =>
    fail(
      'VALUE_MISMATCH',
      `${field} of record ${shown(key)} must be stored as ${needed}; got ${shown(came)}.`,
      { field, bucket, collection, key },
    ),

  collectionNotFound: (bucket: string, collection: string) =>
    fail('COLLECTION_NOT_FOUND', `There is no collection "${collection}" in bucket "${bucket}".`, {
      bucket,
      collection,
    }),

  collectionExists: (bucket: string, collection: string, difference?: string) =>
    fail(
      'COLLECTION_EXISTS',
      `Collection "${collection}" is already in bucket "${bucket}"${difference ? `, but with ${difference}` : ''}.`,
      { bucket, collection },
    ),

  /** `difference` says what it is on which pod, such as "has the dimension 2 on a and 3 on b". */
  collectionDisputed: (collection: string, difference: string) =>
    fail(
      'BAD_USER_INPUT',
      `collection must be the same on all pods that have it; "${collection}" ${difference}. "quiver doctor" says what to do.`,
      { argument: 'collection', collection },
    ),

  /** A table that Quiver did not make, on several pods: no placement says whose a key is. */
  collectionUnplaced: ({ bucket, collection }: Named, pods: readonly string[]) =>
    fail(
      'BAD_USER_INPUT',
      `collection must have a placement to be written to; "${collection}" is a table that Quiver did not make, on ${pods.join(' and ')}. Name one pod for it in the configuration, collections: [{ name: ${collection}, bucket: ${bucket}, pods: [${pods[0]}] }], or import its records into a collection that Quiver makes.`,
      { argument: 'collection', collection, pods },
    ),

  keyElsewhere: (argument: string, pod: string, owner: string) =>
    fail(
      'BAD_USER_INPUT',
      `${argument} must be a key that pod "${pod}" holds; it belongs to pod "${owner}".`,
      { argument },
    ),

  /** Whoever asked speaks for a part of it only. */
  collectionShared: (collection: string, pods: readonly string[]) =>
    fail(
      'BAD_USER_INPUT',
      `name must be a collection of this pod alone; "${collection}" is spread over ${pods.join(', ')}. Delete it through their gateway.`,
      { argument: 'name', pods },
    ),

  bucketNotFound: (bucket: string) =>
    fail('COLLECTION_NOT_FOUND', `There is no bucket "${bucket}".`, { bucket }),

  /** For callers to whom a name that is taken, or not empty, is no wrong input. */
  bucketConflict: (bucket: string, message: string) =>
    fail('COLLECTION_EXISTS', message, { bucket }),

  bucketExists: (bucket: string) =>
    fail('BAD_USER_INPUT', `name must be free for a new bucket; "${bucket}" is there already.`, {
      argument: 'name',
    }),

  bucketNotEmpty: (bucket: string, collectionCount: number) =>
    fail(
      'BUCKET_NOT_EMPTY',
      `Bucket "${bucket}" must be empty to be deleted; it holds ${collectionCount} collection(s).`,
      { bucket, collectionCount },
    ),

  limitExceeded: (argument: string, what: string, limit: number, actual: number) =>
    fail('LIMIT_EXCEEDED', `${argument} may have at most ${limit} ${what}; got ${actual}.`, {
      argument,
      limit,
      actual,
    }),

  deadlineExceeded: (
    timeoutMs: number,
    details: { pod?: string; embedder?: string; outcome?: WriteOutcome } = {},
  ) => {
    const { pod, embedder } = details;
    const whose = pod ? ` of pod "${pod}"` : embedder ? ` of embedder "${embedder}"` : '';
    return fail('DEADLINE_EXCEEDED', `No answer${whose} within ${timeoutMs} ms.`, {
      timeoutMs,
      ...details,
    });
  },

  insufficientCoverage: (
    needed: number,
    answeredCount: number,
    shardCount: number,
    failures: readonly object[],
  ) =>
    fail(
      'INSUFFICIENT_COVERAGE',
      `${needed > 0 ? `A share of ${needed}` : 'At least one'} of the shards must take part; ${answeredCount} of ${shardCount} answered.`,
      { needed, answeredCount, shardCount, failures },
    ),

  /** `outcome` is 'unknown' when a write was sent and no answer came back. */
  podUnavailable: (pod: string, why: string, outcome: WriteOutcome = 'notWritten') =>
    fail('POD_UNAVAILABLE', `Pod "${pod}" ${why}.`, { pod, outcome }),

  /** With the statement the connection to the database ended, or is about to. */
  connectionLost: (pod: string, why: string, outcome: WriteOutcome) =>
    fail('POD_UNAVAILABLE', `Pod "${pod}" ${why}.`, { pod, outcome, reason: CONNECTION_LOST }),

  cacheUnavailable: () =>
    fail(
      'POD_UNAVAILABLE',
      'Redis must answer, for all gateways to learn that the cache is cleared; it does not.',
    ),

  /** The database does not let the role of the pod do what was asked. */
  forbidden: (pod: string, why: string) =>
    fail(
      'FORBIDDEN',
      `Pod "${pod}" must have the right: ${why}. Its role needs USAGE on the schemas of a table and of pgvector and SELECT on the table to read it, INSERT, UPDATE and DELETE to write, and to be its owner to index or drop it; CREATE on the database to make collections.`,
      { pod, outcome: 'notWritten' satisfies WriteOutcome },
    ),

  /** What was asked for one pod came to another: their URLs are swapped. */
  wrongPod: (asked: string, actual: string) =>
    fail('POD_UNAVAILABLE', `Pod "${asked}" calls itself "${actual}".`, {
      pod: asked,
      outcome: 'notWritten' satisfies WriteOutcome,
      reason: WRONG_POD,
    }),

  /** The placement that the caller acted on is not the pod's: read it again. Between gateways and pods. */
  stalePlacement: (pod: string, collection: string) =>
    fail('POD_UNAVAILABLE', `Pod "${pod}" has another placement of "${collection}".`, {
      pod,
      outcome: 'notWritten' satisfies WriteOutcome,
      reason: STALE_PLACEMENT,
    }),

  partialWrite: (pods: readonly PodOutcome[], causes: readonly string[]) => {
    const doubtful = count(pods, 'unknown');
    const doubt = doubtful > 0 ? `, and perhaps ${doubtful} more` : '';
    const reached = `The write reached ${count(pods, 'written')} of ${pods.length} pods${doubt}.`;
    return fail('PARTIAL_WRITE', [reached, ...causes].join(' '), { pods });
  },

  overloaded: (pod: string, waiting: number) =>
    fail('OVERLOADED', `Pod "${pod}" has ${waiting} requests waiting; try again later.`, { pod }),

  embedderOverloaded: (embedder: string, why: string) =>
    fail('OVERLOADED', `Embedder "${embedder}" ${why}; try again later.`, { embedder }),

  /** What it stands on does not answer, or not as its configuration says that it would. */
  embedderUnavailable: (embedder: string, why: string) =>
    fail('POD_UNAVAILABLE', `Embedder "${embedder}" ${why}.`, { embedder }),

  /** It answered that it cannot make a vector of that. */
  embedderRefused: (embedder: string, status: number) =>
    fail(
      'BAD_USER_INPUT',
      `Embedder "${embedder}" must be able to read the text; it answered ${status}. The text is too long for its model, or its configuration is wrong.`,
      { argument: 'near.text', embedder },
    ),
};

const STALE_PLACEMENT = 'STALE_PLACEMENT';
const WRONG_POD = 'WRONG_POD';
const CONNECTION_LOST = 'CONNECTION_LOST';

const count = (pods: readonly PodOutcome[], outcome: WriteOutcome): number =>
  pods.filter((pod) => pod.outcome === outcome).length;

const callerMistakes: ReadonlySet<string> = new Set<ErrorCode>([
  'BAD_USER_INPUT',
  'DIMENSION_MISMATCH',
  'INVALID_FILTER',
  'COLLECTION_NOT_FOUND',
  'COLLECTION_EXISTS',
  'BUCKET_NOT_EMPTY',
  'LIMIT_EXCEEDED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
]);

/** The code of an error from the catalogue, or undefined for anything unexpected. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  return errorCodes.find((code) => code === error.extensions['code']);
}

/** The same error about an argument that its caller knows by another name. */
export function withArgument(error: unknown, nameOf: (argument: string) => string): unknown {
  const argument = error instanceof GraphQLError && error.extensions['argument'];
  if (!(error instanceof GraphQLError) || typeof argument !== 'string') return error;
  const name = nameOf(argument);
  return new GraphQLError(error.message.replaceAll(argument, name), {
    extensions: { ...error.extensions, argument: name },
  });
}

/** The request is wrong, whichever pod says so: asking elsewhere or again cannot help. */
export const isCallerMistake = (error: unknown): boolean => callerMistakes.has(codeOf(error) ?? '');

export const isStalePlacement = (error: unknown): boolean => hasReason(error, STALE_PLACEMENT);

export const isConnectionLost = (error: unknown): boolean => hasReason(error, CONNECTION_LOST);

export const isWrongPod = (error: unknown): boolean => hasReason(error, WRONG_POD);

const hasReason = (error: unknown, reason: string): boolean =>
  error instanceof GraphQLError && error.extensions['reason'] === reason;
