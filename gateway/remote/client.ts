import { GraphQLError } from 'graphql';
import { errorCodes, errors, type ErrorCode } from '../../schema/errors.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import { requestBody, type Document } from './documents.ts';
import { anyObject, isObject, list, Malformed, type Reader } from './reader.ts';
import type { Transport } from './transport.ts';

/** Asks a pod in GraphQL, and trusts nothing of what it answers. */
export interface Client {
  /** The root field's value; any error in the answer is thrown. */
  readonly ask: <T>(
    document: Document,
    variables: object,
    reader: Reader<T>,
    call: Call,
  ) => Promise<T>;
  /** The same of a request's body that is written already. */
  readonly send: <T>(document: Document, body: string, reader: Reader<T>, call: Call) => Promise<T>;
  /** The root field's list, one reader an item; errors stand in the places of those that have one. */
  readonly askEach: <T>(
    document: Document,
    variables: object,
    readers: readonly Reader<T>[],
    call: Call,
  ) => Promise<(T | Error)[]>;
}

export function createClient(options: {
  readonly pod: string;
  readonly transport: Transport;
  readonly logger: Logger;
}): Client {
  const { pod, transport, logger } = options;

  /** What cannot be read is this pod's failure, whatever is wrong with it. */
  async function read<T>(
    document: Document,
    body: string,
    call: Call,
    judge: (answer: Answer) => T,
  ): Promise<T> {
    const answer = await transport.post(document, body, call);
    try {
      return judge(readAnswer(answer, document));
    } catch (error) {
      if (error instanceof Said) throw oursOf(error, { document, pod, call });
      const details = { pod, requestId: call.requestId, field: document.field, err: error };
      logger.warn(details, 'a pod gave no usable answer');
      throw unusable(pod, document);
    }
  }

  const send: Client['send'] = (document, body, reader, call) =>
    read(document, body, call, ({ value, said }) => {
      if (said[0]) throw said[0];
      return reader(value);
    });

  return {
    ask: (document, variables, reader, call) =>
      send(document, requestBody(document, variables), reader, call),
    send,
    askEach: (document, variables, readers, call) =>
      read(document, requestBody(document, variables), call, ({ value, said }) => {
        if (value === null && said[0]) throw said[0];
        const items = list((item) => item)(value);
        if (items.length !== readers.length) throw new Malformed('needed one item each');
        return readers.map((reader, i) => {
          const own = said.find(({ path }) => path[1] === i);
          return own ? oursOf(own, { document, pod, call }) : reader(items[i]);
        });
      }),
  };
}

/** An error in an answer. */
class Said extends Error {
  readonly path: readonly unknown[];
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(input: unknown) {
    const { message, path, extensions } = anyObject(input);
    super(typeof message === 'string' ? message : '');
    this.path = Array.isArray(path) ? path : [];
    this.extensions = isObject(extensions) ? extensions : {};
  }
}

interface Answer {
  readonly value: unknown;
  readonly said: readonly Said[];
}

function readAnswer(body: unknown, { field }: Document): Answer {
  const { data, errors: given } = anyObject(body);
  const said = given === undefined ? [] : list((error) => new Said(error))(given);
  if (isObject(data) && field in data) return { value: data[field], said };
  if (said.length === 0) throw new Malformed('needed data or errors');
  return { value: null, said };
}

/** These say that the pod, or our talk with it, is broken: nothing that a caller could mend. */
const unusableCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'INTERNAL_SERVER_ERROR',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
]);

/**
 * A resolver's word on the request, which has a path. Without one it comes from something between
 * us and the pod, such as a proxy that wants a password, and the caller has done nothing wrong.
 */
const judgements: ReadonlySet<string> = new Set<ErrorCode>([
  'BAD_USER_INPUT',
  'COLLECTION_NOT_FOUND',
  'UNAUTHENTICATED',
  'FORBIDDEN',
]);

/** The same error again, without the path, which is the pod's. */
function oursOf(
  { message, path, extensions }: Said,
  {
    document,
    pod,
    call,
  }: { readonly document: Document; readonly pod: string; readonly call: Call },
): Error {
  const { stacktrace: _, ...rest } = extensions;
  const code = errorCodes.find((known) => known === rest['code']);
  if (code === undefined || unusableCodes.has(code)) return unusable(pod, document);
  if (path.length === 0 && judgements.has(code)) return unusable(pod, document);
  if (code !== 'DEADLINE_EXCEEDED') return new GraphQLError(message, { extensions: rest });
  // Unless the pod knows better, a write that took too long may still have happened. It had a little
  // less time than we, which is nobody's concern.
  const doubt = document.isWrite ? { outcome: 'unknown' as const } : {};
  const { timeoutMs: _ofPod, ...details } = rest;
  return errors.deadlineExceeded(call.timeoutMs, { pod, ...doubt, ...details });
}

const unusable = (pod: string, { isWrite }: Document): Error =>
  errors.podUnavailable(pod, 'gave no usable answer', isWrite ? 'unknown' : 'notWritten');
