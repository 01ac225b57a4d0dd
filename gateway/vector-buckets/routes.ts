import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withinTime, type VectorsService } from '../../subgraphs/context.ts';
import { callOf, shownError } from '../../subgraphs/http.ts';
import { bucketOperations } from './buckets.ts';
import type { OperationContext, Operations } from './context.ts';
import { presentError, storageError } from './errors.ts';
import { indexOperations } from './indexes.ts';
import { queryOperations } from './query.ts';
import { bodySchemas, type OperationName } from './schemas.ts';
import { createValidatorCompiler } from './validation.ts';
import { vectorOperations } from './vectors.ts';

/** Where `@supabase/storage-js` calls, and where `@supabase/supabase-js` does. */
const prefixes = ['/vector', '/storage/v1/vector'];

const operations: Operations = {
  ...bucketOperations,
  ...indexOperations,
  ...vectorOperations,
  ...queryOperations,
};

/** Serve buckets, indexes and vectors as Supabase Storage does: `POST /vector/<Operation>`. */
export function addVectorBuckets(app: FastifyInstance, service: VectorsService): void {
  const validatorCompiler = createValidatorCompiler();
  for (const prefix of prefixes) {
    app.register(
      (scope, _options, done) => {
        scope.setValidatorCompiler(validatorCompiler);
        addOperations(scope, service);
        done();
      },
      { prefix },
    );
  }
}

function addOperations(scope: FastifyInstance, service: VectorsService): void {
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, body } = storageErrorOf(error, service, request);
    return reply.code(status).send(body);
  });
  scope.setNotFoundHandler((request, reply) => {
    const message = `There is nothing at ${request.method} ${request.url}.`;
    const { status, body } = storageError(404, 'NotFoundException', message);
    return reply.code(status).send(body);
  });
  for (const name of Object.keys(operations) as OperationName[]) {
    // Its body has passed its own schema before the operation sees it.
    const run = operations[name] as Run;
    scope.post(`/${name}`, { schema: { body: bodySchemas[name] } }, (request, reply) =>
      answer(run, service, request, reply),
    );
  }
}

type Run = (body: unknown, context: OperationContext) => Promise<object>;

function answer(
  run: Run,
  service: VectorsService,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<object> {
  const started = callOf(request, reply, service.limits);
  return withinTime(started, null, (call) => run(request.body, { ...service, call }));
}

/** Ours by their codes; Fastify's own, about a body that is too large or no JSON, by their status. */
function storageErrorOf(error: FastifyError, service: VectorsService, request: FastifyRequest) {
  const { limits, logger } = service;
  const shown = shownError(error, request, limits, { logger, requestId: request.id });
  const { statusCode } = error;
  if (statusCode === undefined || statusCode >= 500) return presentError(shown);
  const code = statusCode === 413 ? 'EntityTooLarge' : 'InvalidRequest';
  return storageError(statusCode, code, shown.message);
}
