import { openGateway } from '../open-gateway.ts';
import { readConfig } from './configuration.ts';
import { overview } from './first-questions.ts';
import { createLogger, serveUntilSignal } from './process.ts';

/** `quiver gateway`: serve what a configuration file describes. */
export function gatewayCommand({ config: file }: { readonly config: string }): Promise<void> {
  return serveUntilSignal(async () => {
    const config = await readConfig(file);
    const logger = createLogger(config.logLevel);
    const running = await openGateway({
      config,
      logger,
      example: overview.example,
      mustBeUp: false,
      onProgress: (pod, message) => logger.info({ pod }, message),
      prepare: async () => {},
    });
    logger.info({ url: running.url, pods: config.pods.map(({ name }) => name) }, 'gateway serves');
    return running;
  });
}
