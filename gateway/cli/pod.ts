import { createEmbedders } from '../../subgraphs/embedders/embedders.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import type { Config } from '../config.ts';
import { openDatabaseStore, placeOf, podNameOf } from '../topology.ts';
import { configOver, readConfig } from './configuration.ts';
import { createLogger, serveUntilSignal } from './process.ts';

export interface PodCommandOptions {
  readonly database: string;
  readonly name: string | undefined;
  readonly config: string | undefined;
  readonly host: string;
  readonly port: number;
}

/** `quiver pod`: serve one database as a pod. */
export function podCommand(options: PodCommandOptions): Promise<void> {
  const { database, host, port } = options;
  return serveUntilSignal(async () => {
    const config = await configOf(options);
    const logger = createLogger(config.logLevel);
    const { limits, collections } = config;
    const located = (error: Error): never => {
      throw new Error(`${error.message} ${placeOf(database)}`, { cause: error });
    };
    const pod =
      options.name ?? (await podNameOf(database, logger).catch(located)) ?? databaseName(database);
    const store = await openDatabaseStore({
      url: database,
      pod,
      limits,
      logger,
      collections,
    }).catch(located);
    const embedders = createEmbedders({ ...config, fallback: config.embedder, logger });
    const service = { store, limits, embedders, minCoverage: 0, logger };
    const closeAll = async (): Promise<void> => {
      await embedders.close();
      await store.close();
    };
    try {
      const running = await startPod({ service, pod, host, port, logger });
      logger.info({ url: `${running.url}/graphql`, pod }, 'pod serves');
      return {
        async close() {
          await running.close();
          await closeAll();
        },
      };
    } catch (error) {
      await closeAll();
      throw error;
    }
  });
}

/** Without a file a pod speaks as loud as a server does, and knows the embedder that is always there. */
async function configOf({ config }: PodCommandOptions): Promise<Config> {
  if (config !== undefined) return readConfig(config, { reader: 'pod' });
  return { ...configOver([]), logLevel: process.env['LOG_LEVEL'] ?? 'info' };
}

function databaseName(url: string): string {
  const name = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : '';
  if (name !== '') return name;
  throw new Error('--database must be a URL that names a database, or the pod needs a --name.');
}
