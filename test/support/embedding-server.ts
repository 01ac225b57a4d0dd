import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { vectorToBase64 } from '../../schema/vector.ts';
import type { EndpointOptions } from '../../subgraphs/embedders/endpoint-options.ts';
import { createHashEmbedder } from '../../subgraphs/embedders/hash-embedder.ts';
import { during } from './store-calls.ts';

export interface EmbeddingRequest {
  readonly model: string;
  readonly input: readonly string[];
  readonly encoding_format?: string;
  readonly dimensions?: number;
}

export interface EmbeddingAnswer {
  readonly object: 'list';
  readonly data: readonly {
    readonly object: 'embedding';
    readonly index: number;
    readonly embedding: unknown;
  }[];
  readonly model: string;
}

/** What the server does with one request; `answer` is the right one. */
export type Reply = (response: ServerResponse, answer: EmbeddingAnswer) => void;

/** A server of OpenAI's `POST /v1/embeddings`, whose model is the hash embedder. */
export interface EmbeddingServer {
  /** What a configuration says of it. */
  readonly endpoint: EndpointOptions;
  /** All that it was asked, whatever it replied. */
  readonly requests: readonly EmbeddingRequest[];
  /** The next requests get these replies, one each; later ones the right answer again. */
  reply(...next: readonly Reply[]): void;
  /** Settles when the next request has come, or when a client has left without an answer. */
  next(event: 'request' | 'left'): Promise<unknown>;
  close(): Promise<void>;
}

const model = 'words-1';
const key = 'sk-secret-1234567890';

export async function startEmbeddingServer({
  name = 'words',
  dimension = 8,
  port = 0,
} = {}): Promise<EmbeddingServer> {
  const requests: EmbeddingRequest[] = [];
  const planned: Reply[] = [];
  const events = new EventEmitter();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once('close', () => response.writableFinished || events.emit('left'));
    const body = JSON.parse(await textOf(request)) as EmbeddingRequest;
    requests.push(body);
    const reply = refusalOf(request, body) ?? planned.shift() ?? right;
    reply(response, await answerTo(body, dimension));
    events.emit('request');
  }

  const server = createServer((request, response) => void serve(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;

  return {
    endpoint: { ...endpointDefaults, name, url, dimension },
    requests,
    reply: (...next) => void planned.push(...next),
    next: (event) => once(events, event),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const endpointDefaults = {
  model,
  key,
  encoding: 'base64',
  sendDimension: false,
  batchTextsMax: 128,
  batchCharactersMax: 100_000,
  concurrencyMax: 4,
  waitingMax: 256,
  timeoutMs: 10_000,
} as const;

export const right: Reply = (response, answer) => send(response, 200, JSON.stringify(answer));

/** An error as OpenAI writes them. */
export const failing =
  (status: number, message = 'no', headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) =>
    send(response, status, JSON.stringify({ error: { message, type: 'error' } }), headers);

/** A 200 with another body than the right one. */
export const answering =
  (change: (answer: EmbeddingAnswer) => unknown): Reply =>
  (response, answer) => {
    const changed = change(answer);
    send(response, 200, typeof changed === 'string' ? changed : JSON.stringify(changed));
  };

export const silence: Reply = () => {};

/** Half of the right answer, and the end of the connection. */
export const cutOff: Reply = (response, answer) => {
  const text = JSON.stringify(answer);
  response.writeHead(200, { 'content-length': text.length });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
};

function refusalOf(
  { method, url, headers }: IncomingMessage,
  body: EmbeddingRequest,
): Reply | null {
  const { input } = body;
  if (method !== 'POST' || url !== '/v1/embeddings') return failing(404, `Unknown URL ${url}`);
  if (headers.authorization !== `Bearer ${key}`) {
    return failing(401, `Incorrect API key provided: ${headers.authorization?.slice(7)}`);
  }
  if (body.model !== model) return failing(404, `The model ${body.model} does not exist`);
  if (input.length === 0 || input.some((text) => text === '' || text.length > charactersMax)) {
    return failing(400, "This model's maximum context length is exceeded");
  }
  return null;
}

const charactersMax = 1_000;

async function answerTo(request: EmbeddingRequest, dimension: number): Promise<EmbeddingAnswer> {
  const embedder = createHashEmbedder(request.dimensions ?? dimension);
  const vectors = await during((call) => embedder.embed(request.input, call));
  const encode = request.encoding_format === 'base64' ? vectorToBase64 : Array.from<number>;
  const data = vectors.map((vector, index) => {
    return { object: 'embedding' as const, index, embedding: encode(vector) };
  });
  return { object: 'list', data, model: request.model };
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}
