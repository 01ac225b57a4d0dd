import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { codeOf } from '../schema/errors.ts';
import type { Logger } from './logger.ts';

/** What a caller may see of an error: ours as it is; anything unexpected is logged whole instead. */
export function maskError(
  error: unknown,
  context: { readonly logger: Logger; readonly requestId: string },
): GraphQLFormattedError {
  const { requestId, logger } = context;
  const original = originalOf(error);
  const shown = error instanceof GraphQLError ? error : null;
  const code = codeOf(shown);
  // graphql-js' own complaints about a request have no original error: they are meant to be seen.
  const known = code !== undefined && code !== 'INTERNAL_SERVER_ERROR';
  if (shown && (known || (original === null && code === undefined))) {
    const { stacktrace: _, ...extensions } = shown.extensions;
    return { ...shown.toJSON(), extensions: { ...extensions, code: code ?? 'BAD_USER_INPUT' } };
  }
  logger.error({ requestId, err: original ?? error }, 'unexpected error');
  return {
    message: `Something went wrong on our side; request ${requestId}.`,
    ...(shown?.path ? { path: shown.path } : {}),
    ...(shown?.locations ? { locations: shown.locations } : {}),
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  };
}

function originalOf(error: unknown): Error | null {
  if (!(error instanceof GraphQLError)) return null;
  const original = error.originalError ?? null;
  return original instanceof GraphQLError ? originalOf(original) : original;
}
