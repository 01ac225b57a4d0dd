import { fastifyApolloHandler } from '@as-integrations/fastify';
import { errors } from '../schema/errors.ts';
import { startApollo } from './apollo.ts';
import { createVectorsContext, type VectorsContext, type VectorsService } from './context.ts';
import { directSearch } from './direct-search.ts';
import { callOf, createHttp, headerOf, listen, sendError, type Running } from './http.ts';
import type { Logger } from './logger.ts';
import { buildVectorsSchema } from './vectors.ts';

export interface PodOptions {
  readonly service: VectorsService;
  readonly pod: string;
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
}

/** Serve one pod's `vectors` subgraph: `/graphql` and `/health/*`. The store stays the caller's. */
export async function startPod(options: PodOptions): Promise<Running> {
  const { service, pod, host, port, logger } = options;
  const { limits, store } = service;
  const apollo = await startApollo<VectorsContext>(
    { schema: buildVectorsSchema() },
    { logger, validationRules: [] },
  );

  const graphql = fastifyApolloHandler(apollo, {
    async context(request, reply) {
      const { call, operationMs } = callOf(request, reply, limits);
      return createVectorsContext(service, call, operationMs);
    },
  });

  const app = createHttp({
    store,
    limits: { ...limits, bodyBytesMax: limits.podBodyBytesMax },
    logger,
    door: (isClosing) => directSearch({ service, pod, isClosing }),
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    async preHandler(request, reply) {
      const asked = headerOf(request, 'x-quiver-pod');
      if (asked === undefined || asked === pod) return;
      // Two URLs were swapped: an answer would be about another pod's records.
      await sendError(reply, 421, errors.wrongPod(asked, pod).toJSON());
    },
    handler: graphql,
  });
  app.addHook('onClose', () => apollo.stop());

  return listen(app, { host, port, drainMsMax: limits.timeoutMsMax });
}
