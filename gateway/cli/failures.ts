import { GraphQLError } from 'graphql';
import { codeOf, isCallerMistake, type ErrorCode } from '../../schema/errors.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { tell } from './output.ts';

/** A command line that commander could not know to be wrong. */
export class UsageError extends Error {}

/** As `--json` shows it; what has no code of the catalogue has none here. */
export interface Failure {
  readonly message: string;
  readonly code?: ErrorCode;
  readonly argument?: string;
}

/**
 * Run a command to its exit code. A failure is one line on stderr, of JSON if that was asked for,
 * so that stdout holds nothing but answers.
 */
export async function runCommand(
  { json = false }: { readonly json?: boolean },
  work: () => Promise<ExitCode | void>,
): Promise<void> {
  try {
    process.exitCode = (await work()) ?? exitCodes.ok;
  } catch (error) {
    const failure = failureOf(error);
    tell(json ? JSON.stringify({ error: failure }) : lineOf(failure));
    process.exitCode = exitCodeOf(error);
  }
}

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { message, code: 'BAD_USER_INPUT' };
  if (!(error instanceof GraphQLError)) return { message };
  const code = codeOf(error);
  const { argument } = error.extensions;
  return {
    message,
    ...(code && { code }),
    ...(typeof argument === 'string' && { argument }),
  };
}

export function exitCodeOf(error: unknown): ExitCode {
  if (isNotFound(error)) return exitCodes.notFound;
  if (error instanceof UsageError || isWrongInput(error)) return exitCodes.usage;
  return exitCodes.failed;
}

/** The collection, or the record that a search is to be near to. */
const isNotFound = (error: unknown): boolean =>
  codeOf(error) === 'COLLECTION_NOT_FOUND' ||
  (codeOf(error) === 'BAD_USER_INPUT' && failureOf(error).argument === 'near.key');

/** Not what is right in itself and only not possible now, such as a name that is taken. */
const notNow: ReadonlySet<string> = new Set<ErrorCode>([
  'COLLECTION_EXISTS',
  'BUCKET_NOT_EMPTY',
  'UNAUTHENTICATED',
  'FORBIDDEN',
]);

const isWrongInput = (error: unknown): boolean =>
  isCallerMistake(error) && !notNow.has(codeOf(error) ?? '');

const lineOf = ({ message, code }: Failure): string => (code ? `${message} (${code})` : message);
