import type { ApolloServer } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { startApollo } from '../subgraphs/apollo.ts';
import { createVectorsContext, type VectorsService } from '../subgraphs/context.ts';
import { callOf, createHttp, headerOf, listen, type Running } from '../subgraphs/http.ts';
import type { Logger } from '../subgraphs/logger.ts';
import type { CollectionConfig } from './config.ts';
import { defaultPollMs } from './config-schema.ts';
import { addCompression } from './compression.ts';
import { addCors, type CorsOptions } from './cors.ts';
import { addGraphiql, type Example } from './graphiql.ts';
import { graphqlHandler } from './graphql-handler.ts';
import { createMissingCollections } from './missing-collections.ts';
import { finiteNumbers, queryLimits } from './query-limits.ts';
import { createRegionStore } from './region-store.ts';
import type { GatewayContext, Subgraph } from './subgraph-client.ts';
import { openSupergraph } from './supergraph.ts';
import type { Serving } from './supergraph/live-schema.ts';
import type { CollectionsFolder } from './typed-files.ts';
import { unstoredFields } from './typed-mappings.ts';
import { addVectorBuckets } from './vector-buckets/routes.ts';

export interface GatewayOptions {
  /** Stands on the store that joins all pods; it stays the caller's to close. */
  readonly service: VectorsService;
  readonly subgraphs: readonly Subgraph[];
  readonly host: string;
  readonly port: number;
  readonly example: Example;
  /** What the configuration says of tables that Quiver did not make. */
  readonly collections?: readonly CollectionConfig[];
  /** Of typed collections; none when left out. */
  readonly collectionsFolder?: CollectionsFolder;
  /** How often other teams' subgraphs are asked for their schemas. */
  readonly subgraphPollMs?: number;
  /** null: no page of another site may read what we answer. */
  readonly cors?: CorsOptions | null;
  /** What `/metrics` shows; no such page when left out. */
  readonly metrics?: Registry;
  readonly logger: Logger;
}

/**
 * Serve the supergraph at `/graphql`, our own subgraph for other people's routers at `/subgraph`,
 * GraphiQL, metrics, and health.
 */
export async function startGateway(options: GatewayOptions): Promise<Running> {
  const { service, subgraphs, host, port, example, metrics, logger } = options;
  const {
    collections = [],
    collectionsFolder = null,
    subgraphPollMs = defaultPollMs,
    cors = null,
  } = options;
  const { limits, store } = service;
  const validationRules = [queryLimits(limits), finiteNumbers];

  const creator = createMissingCollections(service);
  const schemas = await openSupergraph({
    subgraphs,
    folder: collectionsFolder,
    pollMs: subgraphPollMs,
    logger,
    prepare: (typed) => {
      for (const problem of unstoredFields(typed, collections)) logger.error({}, problem);
      return creator.create(typed);
    },
  });
  const start = ({ gateway }: Serving) =>
    startApollo<GatewayContext>({ gateway }, { logger, validationRules });
  const supergraph = await start(schemas.supergraph);
  const subgraph = await start(schemas.subgraph);

  const app = createHttp({ store, limits, logger });
  if (cors) addCors(app, cors);
  await addCompression(app);
  const contextOf = createContexts(service);
  const serve = (url: string, apollo: ApolloServer<GatewayContext>, { find }: Serving): void => {
    app.route({
      method: ['GET', 'POST'],
      url,
      handler: graphqlHandler({ apollo, find, contextOf }),
    });
  };
  serve('/graphql', supergraph, schemas.supergraph);
  serve('/subgraph', subgraph, schemas.subgraph);
  addVectorBuckets(app, service);
  addGraphiql(app, example);
  addFrontDoor(app);
  if (metrics) addMetrics(app, metrics);
  app.addHook('onClose', async () => {
    await Promise.all([schemas.close(), creator.close()]);
    await Promise.all([supergraph.stop(), subgraph.stop()]);
  });

  return listen(app, { host, port, drainMsMax: limits.timeoutMsMax });
}

const createContexts =
  (service: VectorsService) =>
  (request: FastifyRequest, reply: FastifyReply): GatewayContext => {
    const { call, operationMs } = callOf(request, reply, service.limits);
    const region = headerOf(request, 'x-quiver-pod');
    const { store } = service;
    const seen = region === undefined ? store : createRegionStore(store, region);
    const vectors = createVectorsContext({ ...service, store: seen }, call, operationMs);
    return { ...vectors, authorization: headerOf(request, 'authorization') };
  };

function addFrontDoor(app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.redirect('/graphiql'));
}

/** For Prometheus, and whoever reads its format. */
function addMetrics(app: FastifyInstance, metrics: Registry): void {
  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.metrics();
  });
}
