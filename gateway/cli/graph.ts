import { graphql, GraphQLError } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import { randomUUID } from 'node:crypto';
import { defaultLimits } from '../../schema/limits.ts';
import { startCall } from '../../subgraphs/call.ts';
import { maskError } from '../../subgraphs/mask.ts';
import {
  buildVectorsSchema,
  createVectorsContext,
  type VectorsService,
} from '../../subgraphs/vectors.ts';
import { sourceOf, withStore, type StoreOptions } from './open-store.ts';
import { tell } from './output.ts';

/** Something that answers operations of the `vectors` subgraph. */
export interface Graph {
  /**
   * The value of the operation's one root field, or the error that made it null. What else could
   * not be answered is null at its place, and told: on stderr, if nothing else is said.
   */
  ask<T>(document: string, variables: object, say?: (message: string) => void): Promise<T>;
}

/**
 * Give `work` the subgraph of what the options name: a server's own, or one in this process. The
 * commands say in GraphQL what they want, so every rule and message is the API's.
 */
export async function withGraph<T>(
  options: StoreOptions,
  work: (graph: Graph) => Promise<T>,
): Promise<T> {
  const source = sourceOf(options);
  if (source.kind === 'url') {
    return work(graphOver((query, variables) => post(source.url, { query, variables })));
  }
  return withStore(options, ({ config, ...opened }) =>
    work(graphOver(executor({ ...opened, minCoverage: config.minCoverage }))),
  );
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

type Execute = (document: string, variables: object) => Promise<Answer>;

const graphOver = (execute: Execute): Graph => ({
  async ask<T>(document: string, variables: object, say = tell) {
    const { data, errors = [] } = await execute(document, variables);
    const [value = null] = Object.values(data ?? {});
    const [error] = errors;
    if (value === null && error) {
      const { message, extensions = {} } = error;
      throw new GraphQLError(message, { extensions });
    }
    for (const message of new Set(errors.map((each) => each.message))) say(message);
    return value as T;
  },
});

function executor(service: VectorsService): Execute {
  const schema = buildVectorsSchema();
  return async (source, variables) => {
    const requestId = randomUUID();
    const call = startCall({ timeoutMs: service.limits.timeoutMsMax, requestId });
    try {
      const contextValue = createVectorsContext(service, call);
      // As they would travel: what was left out is not there.
      const variableValues = JSON.parse(JSON.stringify(variables)) as Record<string, unknown>;
      const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
      const shown = errors?.map((error) => maskError(error, { ...service, requestId }));
      return { data: data ?? null, ...(shown && { errors: shown }) };
    } finally {
      call.end();
    }
  };
}

/** Servers answer within their own limit: this is for one that does not. */
const answerMsMax = 2 * defaultLimits.timeoutMsMax;

async function post(url: string, body: object): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(answerMsMax),
  }).catch((error: unknown) => {
    throw notServed(url, `there is no answer (${reasonOf(error)})`);
  });
  const answer: unknown = await response.json().catch(() => null);
  if (isAnswer(answer)) return answer;
  throw notServed(url, `it answers ${response.status} and no GraphQL`);
}

const isAnswer = (body: unknown): body is Answer =>
  typeof body === 'object' &&
  body !== null &&
  ('data' in body || ('errors' in body && Array.isArray(body.errors)));

export const notServed = (url: string, came: string): GraphQLError =>
  new GraphQLError(
    `${url} must be the subgraph of a running gateway or pod; ${came}. ` +
      'Name another, as --help says.',
    { extensions: { code: 'POD_UNAVAILABLE' } },
  );

/** `fetch` hides the system's reason behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
