import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requireFreePort } from '../../subgraphs/http.ts';
import type { VectorsService } from '../../subgraphs/context.ts';
import type { Config, PodConfig } from '../config.ts';
import { openGateway } from '../open-gateway.ts';
import { loadSample, sampleCollection } from '../sample/load-sample.ts';
import { configOver, databasePods, podName, redisPlace } from './configuration.ts';
import { overview, sampleSearch, type FirstQuestion } from './first-questions.ts';
import { createPlainLogger } from './plain-logger.ts';
import { serveUntilSignal } from './process.ts';

export interface UpOptions {
  readonly pods: number | undefined;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly database: readonly string[];
  readonly redis: string | undefined;
  readonly sample: boolean;
}

/** `quiver up`: pods, a sample collection and the gateway, with nothing to configure. */
export function upCommand(options: UpOptions): Promise<void> {
  return serveUntilSignal(async () => {
    // Said before the pods are started, which takes a while.
    await requireFreePort(options.host, options.port);
    const config = await configOf(options);
    const question = wantsSample(options) ? sampleSearch : overview;
    const running = await openGateway({
      config,
      example: question.example,
      logger: createPlainLogger({ news: true }),
      mustBeUp: true,
      onProgress: (pod, message) => console.log(`${pod}: ${message}`),
      prepare: async (service) => (wantsSample(options) ? addSample(service) : undefined),
    });
    console.log(welcome(running.url, config.pods, question));
    return running;
  });
}

async function configOf(options: UpOptions): Promise<Config> {
  const { host, port, database, redis } = options;
  const pods = database.length > 0 ? databasePods(database) : await embeddedPods(options);
  return { ...configOver(pods), host, port, redis: redisPlace(redis) };
}

/** Nobody's own databases get records that nobody asked for. */
const wantsSample = ({ sample, database }: UpOptions): boolean => sample && database.length === 0;

/** The pods that the folder holds stay: each has a part of the collections. */
async function embeddedPods({ pods, dataDir }: UpOptions): Promise<PodConfig[]> {
  const found = await readdir(dataDir).catch(() => []);
  const kept = found.filter((name) => /^pod-[a-z]$/.test(name)).length;
  const count = pods ?? Math.max(3, kept);
  if (count < kept) {
    throw new Error(
      `--pods must be at least ${kept}, the pods whose data is in ${dataDir}; got ${count}. ` +
        'Another --data-dir begins anew.',
    );
  }
  return Array.from({ length: count }, (_, i) => {
    const name = podName(i);
    return { name, kind: 'embedded', folder: join(dataDir, name) };
  });
}

/** Nothing depends on the sample: without it the gateway still serves. */
async function addSample(service: VectorsService): Promise<void> {
  const { collection } = sampleCollection;
  try {
    const count = await loadSample(service);
    if (count > 0) console.log(`${collection}: ${count} sections of the documentation loaded`);
  } catch (error) {
    console.log(`${collection}: not loaded. ${error instanceof Error ? error.message : ''}`);
  }
}

function welcome(url: string, pods: readonly PodConfig[], { query }: FirstQuestion): string {
  const body = JSON.stringify({ query });
  return `
Quiver is up over ${pods.map(({ name }) => name).join(', ')}

  GraphiQL  ${url}/graphiql
  GraphQL   ${url}/graphql
  Subgraph  ${url}/subgraph

Ask something:

  curl -s ${url}/graphql -H 'content-type: application/json' -d '${body}'
`;
}
