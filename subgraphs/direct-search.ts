import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors } from '../schema/errors.ts';
import { parseJson } from '../schema/json.ts';
import type { VectorsService } from './context.ts';
import { inPart } from './call.ts';
import { callFor, requestIdOf, type Door } from './http.ts';
import { maskError } from './mask.ts';
import { operationHeader, searchOperation } from './search-wire.ts';
import { answerShardSearch, shardSearchOf } from './shard-search.ts';

/**
 * Searches of gateways, before the HTTP framework sees them: what it does for requests of every kind,
 * each search would pay for. They are known by their headers, so that all other requests, and all
 * while we close, are the framework's.
 */
export function directSearch(options: {
  readonly service: VectorsService;
  readonly pod: string;
  readonly isClosing: () => boolean;
}): Door {
  const { service, pod, isClosing } = options;
  const { limits, logger } = service;

  const isOurs = ({ method, url, headers }: IncomingMessage): boolean =>
    headers[operationHeader] === searchOperation &&
    (headers['x-quiver-pod'] ?? pod) === pod &&
    method === 'POST' &&
    url === '/graphql' &&
    Number(headers['content-length']) <= limits.podBodyBytesMax &&
    !isClosing();

  async function answer(request: IncomingMessage, response: ServerResponse, body: string) {
    const requestId = requestIdOf(request);
    const { call, operationMs } = callFor(request.headers, response, { requestId, limits });
    const send = (status: number, answered: object): void => {
      const text = JSON.stringify(answered);
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(text),
        'x-request-id': requestId,
        // Otherwise the connection would stay open, idle, and delay the end.
        ...(isClosing() ? { connection: 'close' } : {}),
      });
      response.end(text);
    };
    try {
      const search = shardSearchOf(parseJson(body));
      if (search) {
        const answered = inPart(call, operationMs, (part) =>
          answerShardSearch(search, service, part),
        );
        send(200, await answered);
      } else send(400, { errors: [notASearch.toJSON()] });
    } catch (error) {
      send(500, { errors: [maskError(error, { logger, requestId })] });
    }
  }

  return (request, response) => {
    if (!isOurs(request)) return false;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => void answer(request, response, Buffer.concat(chunks).toString()));
    return true;
  };
}

const notASearch = errors.badRequest(
  'body',
  `The body of a request with ${operationHeader}: ${searchOperation} must be a gateway's search.`,
);
