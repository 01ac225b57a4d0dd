import '../../gateway/cli/production.ts';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { databasePods, readConfig } from '../../gateway/cli/configuration.ts';
import { createLogger, serveUntilSignal, type Closable } from '../../gateway/cli/process.ts';
import { integer } from '../../gateway/cli/values.ts';
import type { Config } from '../../gateway/config.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { requireFreePort } from '../../subgraphs/http.ts';
import { packageRoot } from '../../subgraphs/package-root.ts';
import { startArticles } from './articles.ts';
import { loadDocs } from './load-docs.ts';
import { question } from './question.ts';

interface ExampleOptions {
  readonly port: number;
  readonly articlesPort: number;
  readonly dataDir: string;
  readonly database: readonly string[];
}

/** `npm run example`: a gateway with a typed collection, and another team's subgraph. */
async function start(options: ExampleOptions): Promise<Closable> {
  const { articlesPort } = options;
  const folder = join(packageRoot(), 'test/example');
  const config = configOf(await readConfig(join(folder, 'quiver.yaml')), options);
  // Said before the pods are started, which takes a while.
  await requireFreePort(config.host, config.port);
  await requireFreePort(config.host, articlesPort);

  const articles = await startArticles(articlesPort);
  const gateway = await openGateway({
    config: { ...config, subgraphs: [{ name: 'articles', url: articles.url }] },
    example: question.example,
    logger: createLogger(config.logLevel),
    mustBeUp: true,
    onProgress: (pod, message) => console.log(`${pod}: ${message}`),
    prepare: async () => {},
  });
  const close = async (): Promise<void> => {
    await gateway.close();
    await articles.close();
  };
  try {
    await loadDocs(folder, gateway.url);
  } catch (error) {
    await close();
    throw error;
  }
  console.log(welcome(gateway.url, articles.url));
  return { close };
}

/** The file's, but for what the command line says. */
function configOf(config: Config, { port, dataDir, database }: ExampleOptions): Config {
  const embedded = config.pods.map(({ name }) => ({
    name,
    kind: 'embedded' as const,
    folder: join(dataDir, name),
  }));
  return { ...config, port, pods: database.length > 0 ? databasePods(database) : embedded };
}

const welcome = (gateway: string, articles: string): string => `
The example is up

  GraphiQL  ${gateway}/graphiql
  GraphQL   ${gateway}/graphql
  Subgraph  ${gateway}/subgraph
  Articles  ${articles}

Ask something:

  curl -s ${gateway}/graphql -H 'content-type: application/json' -d '${JSON.stringify({ query: question.query })}'
`;

const portOption = (flag: string, port: number, what: string): Option =>
  new Option(`--${flag} <port>`, what).argParser(integer(0, 65_535)).default(port);

await new Command('npm run example --')
  .addOption(portOption('port', 4_000, 'where the gateway listens'))
  .addOption(portOption('articles-port', 4_001, 'where the articles are served'))
  .option('--data-dir <folder>', 'where embedded pods keep their data', '.quiver/example')
  .addOption(
    new Option('--database <url>', 'a real database in place of embedded pods; repeatable')
      .argParser((url: string, urls: string[]) => [...urls, url])
      .default([]),
  )
  .action((options: ExampleOptions) => serveUntilSignal(() => start(options)))
  .parseAsync();
