import { DatabaseError } from 'pg';
import { errors, type WriteOutcome } from '../../schema/errors.ts';
import type { Call } from '../call.ts';

/** The five-letter code of what a database said about a statement. */
export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof DatabaseError ? error.code : undefined;

export const deadlineError = (pod: string, call: Call, outcome: WriteOutcome): Error =>
  errors.deadlineExceeded(call.timeoutMs, { pod, outcome });

/** Why there was no connection. Nothing was sent yet. */
export function connectError(pod: string, error: unknown): Error {
  const code =
    typeof error === 'object' && error && 'code' in error ? ` (${String(error.code)})` : '';
  return errors.podUnavailable(pod, `did not take a connection${code}`);
}

/** Why a statement that was sent has no result. Faults of the statement itself stay as they are. */
export function statementError(pod: string, error: unknown, call: Call): unknown {
  const state = sqlStateOf(error);
  // The server always answers with a code; without one, the connection broke before it could.
  if (state === undefined) return errors.podUnavailable(pod, 'broke the connection', 'unknown');
  if (state === INSUFFICIENT_PRIVILEGE) return errors.forbidden(pod, messageOf(error));
  if (state === QUERY_CANCELED) return deadlineError(pod, call, 'notWritten');
  const why = unavailable[state] ?? unavailable[state.slice(0, 2)];
  // In a crash the answer comes at any moment, also after the commit.
  const outcome = state === CRASH_SHUTDOWN ? 'unknown' : 'notWritten';
  return why ? errors.podUnavailable(pod, `${why} (${state})`, outcome) : error;
}

const INSUFFICIENT_PRIVILEGE = '42501';
const QUERY_CANCELED = '57014';
const CRASH_SHUTDOWN = '57P02';

/** By code or class of codes: what is wrong with the database, not with the statement. */
const unavailable: Readonly<Record<string, string>> = {
  '08': 'lost the connection',
  '25006': 'takes no writes now',
  '40': 'was held up by another write',
  '53': 'is short of resources',
  '55P03': 'was held up by another write',
  '57P01': 'is shutting down',
  [CRASH_SHUTDOWN]: 'is recovering from a crash',
  '57P03': 'is starting up',
};

/** PostgreSQL's own words: they name a table or a column, and no host. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
