import { Registry } from 'prom-client';
import { parseTypedCollections } from '../schema/typed/parse.ts';
import { createEmbedders } from '../subgraphs/embedders/embedders.ts';
import type { VectorsService } from '../subgraphs/context.ts';
import type { Running } from '../subgraphs/http.ts';
import type { Logger } from '../subgraphs/logger.ts';
import type { Config } from './config.ts';
import { logDiagnosis } from './diagnosis/log-diagnosis.ts';
import type { Example } from './graphiql.ts';
import { openHotCache } from './hot-cache.ts';
import { startGateway } from './server.ts';
import { openTopology } from './topology.ts';
import { readTypedFiles } from './typed-files.ts';

export interface OpenGatewayOptions {
  readonly config: Config;
  readonly example: Example;
  readonly logger: Logger;
  /** Refuse to start while a pod is down. */
  readonly mustBeUp: boolean;
  readonly onProgress: (pod: string, message: string) => void;
  /** Runs when the pods are open and before anybody is served. */
  readonly prepare: (service: VectorsService) => Promise<void>;
}

/** The whole gateway of a configuration: its pods opened, its supergraph served. */
export async function openGateway(options: OpenGatewayOptions): Promise<Running> {
  const { config, example, logger, mustBeUp, onProgress, prepare } = options;
  const { pods, limits, minCoverage, cache: settings, redis } = config;
  // Their mistakes are said at once, and not when all pods are open.
  parseTypedCollections(await readTypedFiles(config.collectionsFolder));
  const topology = await openTopology({
    pods,
    collections: config.collections,
    limits,
    logger,
    mustBeUp,
    onProgress,
  });
  const metrics = new Registry();
  const { store, ...hot } = settings
    ? openHotCache({ store: topology, settings, redis, metrics, logger })
    : { store: topology };
  const embedders = createEmbedders({ ...config, fallback: config.embedder, logger });
  const service: VectorsService = { store, limits, embedders, minCoverage, logger, ...hot };
  const diagnosis = logDiagnosis({ store, collections: config.collections, logger });
  const closeAll = async (): Promise<void> => {
    await diagnosis.close();
    await embedders.close();
    await store.close();
  };
  try {
    await prepare(service);
    const server = await startGateway({ ...config, service, example, logger, metrics });
    return {
      url: server.url,
      async close() {
        await server.close();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
