import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway, type GatewayOptions } from '../../gateway/server.ts';
import type { VectorsService } from '../../subgraphs/context.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import type { Answer, Variables } from '../conformance/subject.ts';
import { createMemoryLogger, createStubService, type Line } from './stub-service.ts';

/** A gateway over a stub store, with a folder of typed collections of its own. */
export interface LiveGateway {
  readonly url: string;
  readonly folder: string;
  readonly lines: readonly Line[];
  readonly write: (file: string, text: string) => Promise<void>;
  readonly ask: (query: string, options?: AskOptions) => Promise<Answer>;
  /** The first answer without errors. */
  readonly askUntil: (query: string, options?: AskOptions) => Promise<Answer>;
  /** The first line of the log that says this. */
  readonly logged: (message: string) => Promise<Line>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly path?: '/graphql' | '/subgraph';
  readonly variables?: Variables;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LiveOptions extends Pick<GatewayOptions, 'subgraphs'> {
  readonly files?: Readonly<Record<string, string>>;
  readonly store?: Partial<VectorStore>;
  readonly service?: VectorsService;
  readonly subgraphPollMs?: number;
}

export async function startLiveGateway(options: LiveOptions): Promise<LiveGateway> {
  const { subgraphs, files = {}, store = {}, subgraphPollMs = 100 } = options;
  const logger = createMemoryLogger();
  const folder = await mkdtemp(join(tmpdir(), 'typed-'));
  const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
  await Promise.all(Object.entries(files).map(([name, text]) => write(name, text)));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });

  const gateway = await startGateway({
    service: options.service ?? createStubService(store, logger),
    subgraphs,
    host: '127.0.0.1',
    port: 0,
    example: { query: '', variables: {} },
    collectionsFolder: { path: folder, mustExist: true },
    subgraphPollMs,
    logger,
  }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const ask = createAsk(gateway.url);
  return {
    url: gateway.url,
    folder,
    lines: logger.lines,
    write,
    ask,
    askUntil: (query, given) =>
      until(
        () => ask(query, given),
        (answer) => !answer.errors,
      ),
    logged: async (message) =>
      (await until(
        async () => logger.lines.find((line) => line.message.includes(message)),
        (line) => line !== undefined,
      ))!,
    async close() {
      await gateway.close();
      await remove();
    },
  };
}

/** Ask a gateway or a router. */
export const createAsk =
  (url: string) =>
  async (query: string, { path = '/graphql', variables = {}, headers = {} }: AskOptions = {}) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    const answer: Answer = JSON.parse(await response.text());
    return answer;
  };

/** Less than a test has: one that went on looking would keep Jest from ending. */
const untilMsMax = 25_000;

/** Look again until it is so. */
export async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + untilMsMax;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (Date.now() > end) throw new Error(`it is not so: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
