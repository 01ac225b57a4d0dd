import type { GraphQLDataSource } from '@apollo/gateway';
import { execute, parse, type GraphQLSchema } from 'graphql';
import { maskError } from '../../subgraphs/mask.ts';
import { askSubgraph, type GatewayContext, type Subgraph } from '../subgraph-client.ts';

type DataSource = GraphQLDataSource<GatewayContext>;

/** Plain execution: the gateway has parsed and checked the operation, and merges into the answer. */
export const localSource = (schema: GraphQLSchema): DataSource => ({
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

export const remoteSource = (subgraph: Subgraph): DataSource => ({
  async process(options) {
    const { query, operationName, variables } = options.request;
    return askSubgraph(subgraph, { query, operationName, variables }, contextOf(options));
  },
});

/** Apollo Gateway also asks for health checks and schemas, without a request; we never let it. */
function contextOf(options: Parameters<DataSource['process']>[0]): GatewayContext {
  if ('incomingRequestContext' in options) return options.context;
  throw new Error(`a data source cannot answer a ${options.kind}`);
}
