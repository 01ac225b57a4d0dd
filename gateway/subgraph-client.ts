import { getOperationAST, Kind, parse } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import { inPart, remainingMs } from '../subgraphs/call.ts';
import type { VectorsContext } from '../subgraphs/context.ts';
import { errors } from '../schema/errors.ts';

/** Somebody's GraphQL server that takes part in the supergraph. */
export interface Subgraph {
  readonly name: string;
  readonly url: string;
}

/** One incoming request at the gateway. */
export interface GatewayContext extends VectorsContext {
  readonly authorization: string | undefined;
}

export interface SubgraphRequest {
  readonly query: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

export interface SubgraphAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

const sdlMsMax = 5_000;
/** Composition takes about 4 seconds for each million, in which nobody is answered. */
const sdlLengthMax = 1_000_000;

/** The schema that a subgraph says it has, as GraphQL's own syntax allows. */
export async function fetchSdl({ name, url }: Subgraph, signal?: AbortSignal): Promise<string> {
  try {
    const query = '{ _service { sdl } }';
    const patience = AbortSignal.timeout(sdlMsMax);
    const either = signal ? AbortSignal.any([signal, patience]) : patience;
    const answer = await post(url, { query }, {}, either);
    const service = answer.data?.['_service'];
    if (!isService(service)) {
      throw new Error('it gave no SDL: is it a federation subgraph?');
    }
    const { sdl } = service;
    if (sdl.length > sdlLengthMax) {
      throw new Error(`its SDL may have at most ${sdlLengthMax} characters; it has ${sdl.length}.`);
    }
    parse(sdl);
    return sdl;
  } catch (error) {
    throw new Error(`Subgraph "${name}" must answer at ${url} for its schema; ${causeOf(error)}`, {
      cause: error,
    });
  }
}

/** Ask another team's subgraph. Never rejects: its failures are errors at the places they cost. */
export async function askSubgraph(
  subgraph: Subgraph,
  request: SubgraphRequest,
  context: GatewayContext,
): Promise<SubgraphAnswer> {
  return inPart(context.call, context.operationMs, async (call) => {
    try {
      const headers = {
        'x-request-id': call.requestId,
        'x-timeout-ms': String(remainingMs(call)),
        ...(context.authorization === undefined ? {} : { authorization: context.authorization }),
      };
      const answer = await post(subgraph.url, request, headers, call.signal);
      requireEntities(answer, request);
      if (!answer.errors) return answer;
      return { ...answer, errors: answer.errors.map((error) => judged(error, subgraph, context)) };
    } catch (error) {
      const shown = call.aborted
        ? errors.deadlineExceeded(call.timeoutMs).toJSON()
        : unexpected(error, subgraph, context);
      return { data: null, errors: placesOf(request).map((path) => ({ ...shown, path })) };
    }
  });
}

async function post(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<SubgraphAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!isObject(answer) || !(isObject(answer['data']) || Array.isArray(answer['errors']))) {
    throw new Error(`it answered with status ${response.status} and no GraphQL.`);
  }
  return answer;
}

/** Apollo Gateway would fail the whole request, not the entities alone. */
function requireEntities({ data }: SubgraphAnswer, { variables }: SubgraphRequest): void {
  const asked = variables?.['representations'];
  if (!data || !Array.isArray(asked)) return;
  const given = data['_entities'];
  // As a whole it may be null, with an error that says why.
  if (given === null || (Array.isArray(given) && given.length === asked.length)) return;
  throw new Error(`it must answer with ${asked.length} entities.`);
}

/** An error with a code was meant to be seen; any other may hold what its author never meant to. */
function judged(
  error: GraphQLFormattedError,
  subgraph: Subgraph,
  context: GatewayContext,
): GraphQLFormattedError {
  const { stacktrace: _stack, exception: _exception, ...extensions } = error.extensions ?? {};
  const meant = 'code' in extensions && extensions['code'] !== 'INTERNAL_SERVER_ERROR';
  const shown = meant
    ? { message: error.message, extensions }
    : unexpected(error, subgraph, context);
  return error.path ? { ...shown, path: error.path } : shown;
}

function unexpected(
  error: unknown,
  subgraph: Subgraph,
  { call: { requestId }, logger }: GatewayContext,
): GraphQLFormattedError {
  logger.error({ requestId, subgraph: subgraph.name, err: error }, 'subgraph failed');
  return {
    message: `Subgraph "${subgraph.name}" failed; request ${requestId}.`,
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  };
}

/** Where the answer would have stood: at each entity asked for, or at each root field. */
function placesOf({ query, variables }: SubgraphRequest): (string | number)[][] {
  const representations = variables?.['representations'];
  if (Array.isArray(representations)) return representations.map((_, i) => ['_entities', i]);
  const operation = getOperationAST(parse(query ?? '{ __typename }'));
  const fields = operation?.selectionSet.selections ?? [];
  return fields.flatMap((field) =>
    field.kind === Kind.FIELD ? [[field.alias?.value ?? field.name.value]] : [],
  );
}

/** `fetch` hides why it failed one level down. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const isService = (value: unknown): value is { readonly sdl: string } =>
  isObject(value) && typeof value['sdl'] === 'string';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
