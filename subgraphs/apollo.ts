import {
  ApolloServer,
  type ApolloServerOptionsWithGateway,
  type ApolloServerPlugin,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { GraphQLSchema, ValidationRule } from 'graphql';
import { codeOf } from '../schema/errors.ts';
import type { VectorsContext } from './context.ts';
import type { Logger } from './logger.ts';
import { maskError } from './mask.ts';

export type Source =
  | { readonly schema: GraphQLSchema }
  | { readonly gateway: ApolloServerOptionsWithGateway<VectorsContext>['gateway'] };

/** A started Apollo Server that talks to nobody but its clients and masks what they should not see. */
export async function startApollo<C extends VectorsContext>(
  source: Source,
  options: { readonly logger: Logger; readonly validationRules: readonly ValidationRule[] },
): Promise<ApolloServer<C>> {
  const { logger, validationRules } = options;
  const server = new ApolloServer<C>({
    ...source,
    validationRules: [...validationRules],
    logger: apolloLogger(logger),
    introspection: true,
    csrfPrevention: true,
    // Persisted queries among them: 30 MiB, of which the least used make room.
    cache: 'bounded',
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: withoutRequest,
    plugins: [
      judgeErrors<C>(logger),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await server.start();
  return server;
}

/** Apollo's loggers take a message alone. */
export const apolloLogger = (logger: Logger) => ({
  debug() {},
  info() {},
  warn: (message: unknown) => logger.warn({}, String(message)),
  error: (message: unknown) => logger.error({}, String(message)),
});

/** For what fails before there is a request, such as a body without a query. */
function withoutRequest(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const code = formatted.extensions?.['code'];
  if (isInternal(formatted)) {
    return { message: 'Something went wrong on our side.', extensions: { code } };
  }
  if (code !== 'BAD_REQUEST') return formatted;
  return { ...formatted, extensions: { ...formatted.extensions, code: 'BAD_USER_INPUT' } };
}

/**
 * A request that is wrong is a 400, also where Apollo's gateway throws and Apollo says 500. Clients
 * that ask for plain JSON get 200, as GraphQL over HTTP has it: to them a 400 is not an answer.
 */
function statusOf(
  status: number | undefined,
  accept: string,
  shown: readonly GraphQLFormattedError[],
): number | undefined {
  if ((status !== 400 && status !== 500) || shown.some(isInternal)) return status;
  const plain = accept.includes('application/json') && !accept.includes('graphql-response+json');
  return plain ? 200 : 400;
}

const isInternal = (error: GraphQLFormattedError): boolean =>
  error.extensions?.['code'] === 'INTERNAL_SERVER_ERROR';

/** `formatError` does not know the request; here is its id. */
function judgeErrors<C extends VectorsContext>(logger: Logger): ApolloServerPlugin<C> {
  return {
    async contextCreationDidFail({ error }) {
      logger.error({ err: error }, 'unexpected error');
    },
    async unexpectedErrorProcessingRequest({ error }) {
      logger.error({ err: error }, 'unexpected error');
    },
    async requestDidStart({ request: asked }) {
      // GraphQL over HTTP has no difference between no name and an empty one; Apollo fails with it.
      if (asked.operationName === '') delete asked.operationName;
      return {
        async willSendResponse({ request, response, errors, contextValue }) {
          if (!errors || response.body.kind !== 'single') return;
          const context = { logger, requestId: contextValue.call.requestId };
          const shown = shownErrors(errors, context);
          response.body.singleResult.errors = shown;
          const accept = request.http?.headers.get('accept') ?? '*/*';
          const status = statusOf(response.http.status, accept, shown);
          if (status !== undefined) response.http.status = status;
        },
      };
    },
  };
}

/** What clients see of the errors of an execution. */
export const shownErrors = (
  errors: readonly GraphQLError[],
  context: { readonly logger: Logger; readonly requestId: string },
): GraphQLFormattedError[] => errors.map((error) => judged(error, context));

/** `serviceName` is Apollo Gateway's mark on what a subgraph answered: its data source has judged. */
function judged(
  error: GraphQLError,
  context: { readonly logger: Logger; readonly requestId: string },
): GraphQLFormattedError {
  const shown =
    'serviceName' in error.extensions ? error.toJSON() : maskError(catalogued(error), context);
  const { http: _http, serviceName: _serviceName, ...extensions } = shown.extensions ?? {};
  return { ...shown, extensions };
}

/** Apollo gives what a validation rule reports its own code; the rule's stands. */
function catalogued(error: GraphQLError): GraphQLError {
  // A resolver's error has its place already, which the original does not know.
  if (error.path) return error;
  const original = error.originalError;
  return original instanceof GraphQLError && codeOf(original) ? original : error;
}
