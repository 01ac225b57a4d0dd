import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option, type CommanderError } from 'commander';
import { packageRoot } from '../../subgraphs/package-root.ts';
import { addCache } from './cache.ts';
import { addCollection } from './collection.ts';
import { addCollections } from './collections.ts';
import { addDoctor } from './doctor.ts';
import { addExport } from './export.ts';
import { addImport } from './import/add-import.ts';
import { addSchema } from './schema.ts';
import { addSearch } from './search.ts';
import type { PodCommandOptions } from './pod.ts';
import type { UpOptions } from './up.ts';
import { integer } from './values.ts';

/** All commands. `exit` is called instead of an action: a command line is wrong, or asked for help. */
export function createProgram(exit: (error: CommanderError) => void): Command {
  const program = new Command('quiver')
    .description('A GraphQL federation gateway over sharded pgvector pods')
    .version(version())
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride(exit);
  addUp(program);
  addPod(program);
  addGateway(program);
  addSearch(program);
  addImport(program);
  addExport(program);
  addCollections(program);
  addCollection(program);
  addCache(program);
  addSchema(program);
  addDoctor(program);
  return program;
}

// Servers are loaded when one is started: they cost every other command half a second.

function addUp(program: Command): void {
  program
    .command('up')
    .description('everything at once: embedded pods, or the databases given, and the gateway')
    .addOption(
      new Option('--pods <count>', 'embedded pods')
        .argParser(integer(1, 26))
        .default(undefined, '3'),
    )
    .addOption(hostOption())
    .addOption(portOption(4_000))
    .option('--data-dir <folder>', 'where embedded pods keep their data', '.quiver')
    .addOption(
      new Option('--database <url>', 'a real database in place of embedded pods; repeatable')
        .argParser((url: string, urls: string[]) => [...urls, url])
        .default([]),
    )
    .addOption(
      new Option(
        '--redis <url>',
        'shares the hot cache with other gateways on these databases',
      ).env('REDIS_URL'),
    )
    .option('--no-sample', 'embedded pods only: do not load the collection quiver_docs')
    .action(async (options: UpOptions) => (await import('./up.ts')).upCommand(options));
}

function addPod(program: Command): void {
  program
    .command('pod')
    .description("one pod's subgraph over one database")
    .requiredOption('--database <url>', 'a Postgres URL')
    .option('--name <name>', "the pod's name (default: the one it had last, else its database's)")
    .option('--config <file>', 'the configuration of its gateway: collections, limits, embedders')
    .addOption(hostOption())
    .addOption(portOption(4_101))
    .action(async (options: PodCommandOptions) => (await import('./pod.ts')).podCommand(options));
}

function addGateway(program: Command): void {
  program
    .command('gateway')
    .description('the gateway over the pods that a file names')
    .addOption(
      new Option('--config <file>', 'the configuration')
        .env('QUIVER_CONFIG')
        .default('quiver.yaml'),
    )
    .action(async (options: { readonly config: string }) =>
      (await import('./gateway.ts')).gatewayCommand(options),
    );
}

function version(): string {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function hostOption(): Option {
  return new Option('--host <address>', 'where to listen').default('127.0.0.1');
}

function portOption(port: number): Option {
  return new Option('--port <port>', 'where to listen')
    .env('PORT')
    .argParser(integer(0, 65_535))
    .default(port);
}
