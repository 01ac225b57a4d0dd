import { defaultLimits } from '../../schema/limits.ts';
import { createHashEmbedder } from '../../subgraphs/embedders/hash-embedder.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import { openDatabaseStore, placeOf, podNameOf } from '../topology.ts';
import { createLogger, serveUntilSignal } from './process.ts';

export interface PodCommandOptions {
  readonly database: string;
  readonly name: string | undefined;
  readonly host: string;
  readonly port: number;
}

/** `quiver pod`: serve one database as a pod. */
export function podCommand({ database, name, host, port }: PodCommandOptions): Promise<void> {
  return serveUntilSignal(async () => {
    const logger = createLogger(process.env['LOG_LEVEL'] ?? 'info');
    const limits = defaultLimits;
    const located = (error: Error): never => {
      throw new Error(`${error.message} ${placeOf(database)}`, { cause: error });
    };
    const pod =
      name ?? (await podNameOf(database, logger).catch(located)) ?? databaseName(database);
    const store = await openDatabaseStore({ url: database, pod, limits, logger }).catch(located);
    const embedder = createHashEmbedder();
    const service = { store, limits, embedder, minCoverage: 0, logger };
    try {
      const running = await startPod({ service, pod, host, port, logger });
      logger.info({ url: `${running.url}/graphql`, pod }, 'pod serves');
      return {
        async close() {
          await running.close();
          await store.close();
        },
      };
    } catch (error) {
      await store.close();
      throw error;
    }
  });
}

function databaseName(url: string): string {
  const name = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : '';
  if (name !== '') return name;
  throw new Error('--database must be a URL that names a database, or the pod needs a --name.');
}
