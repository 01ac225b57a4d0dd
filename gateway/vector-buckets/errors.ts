import type { GraphQLFormattedError } from 'graphql';
import type { ErrorCode } from '../../schema/errors.ts';

/** An error as Supabase Storage sends it; its client shows `statusCode`. */
export interface StorageErrorBody {
  /** The HTTP status, as a text. */
  readonly statusCode: string;
  readonly code: string;
  readonly error: string;
  readonly message: string;
}

type Shown = readonly [status: number, code: string];

const invalid: Shown = [400, 'InvalidParameter'];
const unavailable: Shown = [503, 'ServiceUnavailable'];

/** Codes that are not here are ours to mend. */
const shownAs: Readonly<Partial<Record<ErrorCode, Shown>>> = {
  BAD_USER_INPUT: invalid,
  DIMENSION_MISMATCH: invalid,
  INVALID_FILTER: invalid,
  LIMIT_EXCEEDED: invalid,
  COLLECTION_NOT_FOUND: [404, 'NotFoundException'],
  COLLECTION_EXISTS: [409, 'ConflictException'],
  BUCKET_NOT_EMPTY: [409, 'VectorBucketNotEmpty'],
  UNAUTHENTICATED: [401, 'AccessDenied'],
  FORBIDDEN: [403, 'AccessDenied'],
  OVERLOADED: [503, 'SlowDown'],
  POD_UNAVAILABLE: unavailable,
  INSUFFICIENT_COVERAGE: unavailable,
  PARTIAL_WRITE: unavailable,
  DEADLINE_EXCEEDED: [504, 'RequestTimeout'],
};

/** An error that `maskError` has made fit to be seen. */
export function presentError({ message, extensions }: GraphQLFormattedError) {
  const code = extensions?.['code'] as ErrorCode | undefined;
  const [status, shownCode] = (code && shownAs[code]) ?? [500, 'InternalError'];
  return storageError(status, shownCode, message);
}

export function storageError(status: number, code: string, message: string) {
  const body: StorageErrorBody = { statusCode: String(status), code, error: code, message };
  return { status, body };
}
