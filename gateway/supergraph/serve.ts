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
 * to poll, to swap or to close. Operations that a plan sends to our own subgraph alone and whole
 * can be executed on its schema from then on.
 */
export async function serveSupergraph({ parts, sdl }: Composed, logger: Logger): Promise<Served> {
  // Read by the constructor, which otherwise reports to Apollo and looks for cloud metadata.
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
  const local = localOf(parts);
  const direct = createDirectExecution(local.schema);
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
    experimental_didResolveQueryPlan: ({ queryPlan: { node }, requestContext }) => {
      if (node?.kind !== 'Fetch' || node.serviceName !== local.name) return;
      const { schema: checkedBy, source, document, request } = requestContext;
      const { operationName } = request;
      direct.remember({ schema: checkedBy, query: source, document, operationName });
    },
  });
  const { schema, executor } = await gateway.load();
  return { schema, sdl, executor, find: direct.find };
}

/** Our own subgraph by itself. */
export function serveLocal({ schema, sdl }: LocalPart): Served {
  const direct = createDirectExecution(schema);
  return {
    schema,
    sdl,
    find: direct.find,
    async executor({ source, document, context, request: { variables, operationName } }) {
      const contextValue = context;
      const asked = { schema, document, contextValue, variableValues: variables, operationName };
      const result = await execute(asked);
      if ('data' in result) direct.remember({ schema, query: source, document, operationName });
      return result;
    },
  };
}
