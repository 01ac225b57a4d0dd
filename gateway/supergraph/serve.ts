import { ApolloGateway } from '@apollo/gateway';
import { execute } from 'graphql';
import { apolloLogger } from '../../subgraphs/apollo.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import { localSource, remoteSource } from './data-sources.ts';
import { createDirectExecution } from './direct-execution.ts';
import type { Served } from './live-schema.ts';
import { localOf, type Composed, type LocalPart } from './parts.ts';

/**
 * A supergraph by Apollo Gateway: one of its own for each, which never changes and so has nothing
 * to poll, to swap or to close.
 */
export async function serveSupergraph({ parts, sdl }: Composed, logger: Logger): Promise<Served> {
  // Read by the constructor, which otherwise reports to Apollo and looks for cloud metadata.
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
  const direct = createDirectExecution(localOf(parts));
  const gateway = new ApolloGateway({
    supergraphSdl: sdl,
    // Composed a moment ago.
    validateSupergraph: false,
    logger: apolloLogger(logger),
    __exposeQueryPlanExperimental: false,
    queryPlannerConfig: { exposeDocumentNodeInFetchNode: true },
    buildService({ name, url = '' }) {
      const part = parts.get(name);
      return part?.kind === 'local' ? localSource(part.schema) : remoteSource({ name, url });
    },
    experimental_didResolveQueryPlan: ({ queryPlan, requestContext: { document, request } }) =>
      direct.planned(document, request.operationName, queryPlan.node),
  });
  const { schema, executor } = await gateway.load();
  return { schema, sdl, executor: direct.around(executor) };
}

/** Our own subgraph by itself. */
export const serveLocal = ({ schema, sdl }: LocalPart): Served => ({
  schema,
  sdl,
  async executor({ document, context, request: { variables, operationName } }) {
    return execute({
      schema,
      document,
      contextValue: context,
      variableValues: variables,
      operationName,
    });
  },
});
