import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { typeDefs } from '../schema/sdl.ts';
import { startApollo } from '../subgraphs/apollo.ts';
import { createVectorsContext, type VectorsService } from '../subgraphs/context.ts';
import { callOf, createHttp, headerOf, listen, type Running } from '../subgraphs/http.ts';
import type { Logger } from '../subgraphs/logger.ts';
import { buildVectorsSchema } from '../subgraphs/vectors.ts';
import { addGraphiql, type Example } from './graphiql.ts';
import { queryLimits } from './query-limits.ts';
import type { GatewayContext, Subgraph } from './subgraph-client.ts';
import { openSupergraph } from './supergraph.ts';
import { addVectorBuckets } from './vector-buckets/routes.ts';

export interface GatewayOptions {
  /** Stands on the store that joins all pods; it stays the caller's to close. */
  readonly service: VectorsService;
  readonly subgraphs: readonly Subgraph[];
  readonly host: string;
  readonly port: number;
  readonly example: Example;
  readonly logger: Logger;
}

/**
 * Serve the supergraph at `/graphql`, our own subgraph for other people's routers at `/subgraph`,
 * GraphiQL, and health.
 */
export async function startGateway(options: GatewayOptions): Promise<Running> {
  const { service, subgraphs, host, port, example, logger } = options;
  const { limits, store } = service;
  const validationRules = [queryLimits(limits)];

  // Apollo Server wraps the resolvers of the schema that it serves: the gateway has its own.
  const local = { typeDefs, schema: buildVectorsSchema() };
  const gateway = await openSupergraph({ local, subgraphs, logger });
  const supergraph = await startApollo<GatewayContext>({ gateway }, { logger, validationRules });
  const subgraph = await startApollo<GatewayContext>(
    { schema: buildVectorsSchema() },
    { logger, validationRules },
  );

  const app = createHttp({ store, limits, logger });
  const context = async (request: FastifyRequest, reply: FastifyReply) =>
    contextOf(service, request, reply);
  const handler = fastifyApolloHandler(supergraph, { context });
  app.route({ method: ['GET', 'POST'], url: '/graphql', handler });
  app.post('/subgraph', fastifyApolloHandler(subgraph, { context }));
  addVectorBuckets(app, service);
  addGraphiql(app, example);
  addFrontDoor(app);
  app.addHook('onClose', async () => {
    await Promise.all([supergraph.stop(), subgraph.stop()]);
  });

  return listen(app, { host, port, drainMsMax: limits.timeoutMsMax });
}

function contextOf(
  service: VectorsService,
  request: FastifyRequest,
  reply: FastifyReply,
): GatewayContext {
  const { call, operationMs } = callOf(request, reply, service.limits);
  const vectors = createVectorsContext(service, call, operationMs);
  return { ...vectors, authorization: headerOf(request, 'authorization') };
}

function addFrontDoor(app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.redirect('/graphiql'));
}
