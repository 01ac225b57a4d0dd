import { DatabaseError } from 'pg';
import { errors, type WriteOutcome } from '../../schema/errors.ts';
import type { Call } from '../call.ts';

/** The five-letter code of what a database said about a statement. */
export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof DatabaseError ? error.code : undefined;

export const deadlineError = (pod: string, call: Call, outcome: WriteOutcome): Error =>
  errors.deadlineExceeded(call.timeoutMs, { pod, outcome });

/** Why there was no connection, without where to or as whom. Nothing was sent yet. */
export function connectError(pod: string, error: unknown): Error {
  const code = typeof error === 'object' && error && 'code' in error ? String(error.code) : '';
  const ofServer = unavailableWhy(code);
  const why = unconnected[code] ?? (ofServer && `it ${ofServer}`);
  const parts = ['did not take a connection', why && `: ${why}`, code && ` (${code})`];
  return errors.podUnavailable(pod, parts.filter(Boolean).join(''));
}

/** Why a statement that was sent has no result. Faults of the statement itself stay as they are. */
export function statementError(pod: string, error: unknown, call: Call): unknown {
  const state = sqlStateOf(error);
  // The server always answers with a code; without one, the connection broke before it could.
  if (state === undefined) return errors.connectionLost(pod, 'broke the connection', 'unknown');
  if (state === INSUFFICIENT_PRIVILEGE) return errors.forbidden(pod, messageOf(error));
  if (state === QUERY_CANCELED) return deadlineError(pod, call, 'notWritten');
  const why = unavailableWhy(state);
  // In a crash the answer comes at any moment, also after the commit.
  const outcome = state === CRASH_SHUTDOWN ? 'unknown' : 'notWritten';
  if (why === undefined) return error;
  const fail = isLast(state) ? errors.connectionLost : errors.podUnavailable;
  return fail(pod, `${why} (${state})`, outcome);
}

/** The server says this of a connection, and then ends it. */
const isLast = (state: string): boolean => /^(08|57P|25P0[34])/.test(state);

const INSUFFICIENT_PRIVILEGE = '42501';
const QUERY_CANCELED = '57014';
const CRASH_SHUTDOWN = '57P02';

const refused = 'it does not let its role in, by this name and password';
const unknownHost = 'its host is not known';
const noRoute = 'its host cannot be reached';
const untrusted = 'its certificate cannot be trusted';

/** By code of the server, of the network and of TLS: why a connection cannot be had. */
const unconnected: Readonly<Record<string, string>> = {
  '28000': refused,
  '28P01': refused,
  '3D000': 'its database does not exist',
  [INSUFFICIENT_PRIVILEGE]: 'its role may not connect to its database',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'it hung up',
  EAI_AGAIN: unknownHost,
  ENOTFOUND: unknownHost,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ETIMEDOUT: 'its host does not answer',
  CERT_HAS_EXPIRED: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

const unavailableWhy = (state: string): string | undefined =>
  unavailable[state] ?? unavailable[state.slice(0, 2)];

/** By code or class of codes: what is wrong with the database, not with the statement. */
const unavailable: Readonly<Record<string, string>> = {
  '08': 'lost the connection',
  '25006': 'takes no writes now',
  '25P03': 'ended a transaction that did nothing',
  '25P04': 'ended a transaction that took too long',
  '40': 'was held up by another write',
  '53': 'is short of resources',
  '55P03': 'was held up by another write',
  '57P01': 'is shutting down',
  [CRASH_SHUTDOWN]: 'is recovering from a crash',
  '57P03': 'is starting up',
  '57P05': 'ended a connection that did nothing',
};

/** PostgreSQL's own words: they name a table or a column, and no host. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
