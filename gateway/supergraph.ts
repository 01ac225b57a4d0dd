import { composeServices } from '@apollo/composition';
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { execute, parse, type GraphQLSchema } from 'graphql';
import { apolloLogger } from '../subgraphs/apollo.ts';
import type { Logger } from '../subgraphs/logger.ts';
import { maskError } from '../subgraphs/mask.ts';
import { askSubgraph, fetchSdl, type GatewayContext, type Subgraph } from './subgraph-client.ts';

const localName = 'vectors';

export interface SupergraphOptions {
  /** Our own subgraph, executed in this process. */
  readonly local: { readonly typeDefs: string; readonly schema: GraphQLSchema };
  readonly subgraphs: readonly Subgraph[];
  readonly logger: Logger;
}

/** Compose the supergraph of our own subgraph and all others, each of which must answer now. */
export async function openSupergraph(options: SupergraphOptions): Promise<ApolloGateway> {
  const { local, subgraphs, logger } = options;
  const supergraphSdl = await composeSupergraph(local.typeDefs, subgraphs);

  // Read by the constructor, which otherwise reports to Apollo and looks for cloud metadata.
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
  return new ApolloGateway({
    supergraphSdl,
    // Composed a moment ago.
    validateSupergraph: false,
    logger: apolloLogger(logger),
    __exposeQueryPlanExperimental: false,
    queryPlannerConfig: { exposeDocumentNodeInFetchNode: true },
    buildService({ name, url }): GraphQLDataSource<GatewayContext> {
      return name === localName
        ? localSource(local.schema)
        : remoteSource({ name, url: url ?? '' });
    },
  });
}

async function composeSupergraph(typeDefs: string, others: readonly Subgraph[]): Promise<string> {
  const services = await Promise.all(
    others.map(async (subgraph) => ({ ...subgraph, typeDefs: await fetchSdl(subgraph) })),
  );
  // The URL is never called; Apollo Gateway complains of one that is empty.
  const local = { name: localName, url: `local:${localName}`, typeDefs: parse(typeDefs) };
  const composed = composeServices([local, ...services]);
  if (!composed.errors) return composed.supergraphSdl;

  const problems = composed.errors.map((error) => `  ${error.message}`).join('\n');
  throw new Error(`The subgraphs must compose into one supergraph:\n${problems}`);
}

type Process = GraphQLDataSource<GatewayContext>['process'];

/** Plain execution: the gateway has parsed and checked the operation, and merges into the answer. */
const localSource = (schema: GraphQLSchema): GraphQLDataSource<GatewayContext> => ({
  async process(options) {
    const { request } = options;
    const context = contextOf(options);
    const document = ('document' in options && options.document) || parse(request.query ?? '');
    const variableValues = request.variables ?? {};
    const result = await execute({ schema, document, variableValues, contextValue: context });

    const { data = null, errors = [] } = result;
    const seen = { logger: context.logger, requestId: context.call.requestId };
    return errors.length === 0
      ? { data }
      : { data, errors: errors.map((error) => maskError(error, seen)) };
  },
});

const remoteSource = (subgraph: Subgraph): GraphQLDataSource<GatewayContext> => ({
  async process(options) {
    const { query, operationName, variables } = options.request;
    return askSubgraph(subgraph, { query, operationName, variables }, contextOf(options));
  },
});

/** Apollo Gateway also asks for health checks and schemas, without a request; we never let it. */
function contextOf(options: Parameters<Process>[0]): GatewayContext {
  if ('incomingRequestContext' in options) return options.context;
  throw new Error(`a data source cannot answer a ${options.kind}`);
}
