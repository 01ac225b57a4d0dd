import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { LRUCache } from 'lru-cache';
import { isObject } from '../schema/json.ts';
import { shownErrors } from '../subgraphs/apollo.ts';
import type { GatewayContext } from './subgraph-client.ts';
import type { DirectExecution } from './supergraph/direct-execution.ts';

export interface GraphqlHandlerOptions {
  readonly apollo: ApolloServer<GatewayContext>;
  readonly find: DirectExecution['find'];
  readonly contextOf: (request: FastifyRequest, reply: FastifyReply) => GatewayContext;
}

/**
 * GraphQL over HTTP by Apollo Server, but for operations that it has answered before and that are
 * executed on our own schema: for those all its steps are settled, and would be taken again for
 * nothing. Whatever is not plain, or has wrong variables, is Apollo Server's.
 */
export function graphqlHandler(options: GraphqlHandlerOptions): RouteHandlerMethod {
  const { apollo, find, contextOf } = options;
  const byApollo = fastifyApolloHandler(apollo, {
    context: async (request, reply) => contextOf(request, reply),
  });
  /** What Apollo Server has made of each `Accept`. */
  const contentTypes = new LRUCache<string, string>({ max: acceptsMax });

  async function directly(request: FastifyRequest, reply: FastifyReply): Promise<string | null> {
    const contentType = contentTypes.get(acceptOf(request));
    const asked = contentType === undefined ? null : plainOf(request.body);
    const run = asked && find(asked.query, asked.operationName);
    if (!contentType || !run) return null;
    const context = contextOf(request, reply);
    const { data, errors } = await run(asked.variables, context);
    // The variables are wrong, for which Apollo Server has the words, and a context of its own: both
    // end with the response.
    if (data === undefined) return null;
    const seen = { logger: context.logger, requestId: context.call.requestId };
    const shown = errors && shownErrors(errors, seen);
    void reply.header('content-type', contentType);
    return `${JSON.stringify({ errors: shown, data })}\n`;
  }

  return async function handle(request, reply) {
    const answer = await directly(request, reply);
    if (answer !== null) return answer;
    const body: unknown = await byApollo.call(this, request, reply);
    if (reply.statusCode === 200) {
      contentTypes.set(acceptOf(request), String(reply.getHeader('content-type')));
    }
    return body;
  };
}

const acceptOf = ({ headers }: FastifyRequest): string => headers.accept ?? '';

/** Clients of one kind send one; who makes them up gets the answers of Apollo Server. */
const acceptsMax = 100;

interface Plain {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The body of a POST that asks for an operation and nothing else. */
function plainOf(body: unknown): Plain | null {
  if (!isObject(body)) return null;
  const { query, operationName = null, variables = null, extensions = null } = body;
  if (typeof query !== 'string' || extensions !== null) return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (variables !== null && !isObject(variables)) return null;
  return { query, operationName: operationName || undefined, variables: variables ?? {} };
}
