#!/usr/bin/env node
import './production.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { gatewayCommand } from './gateway.ts';
import { podCommand } from './pod.ts';
import { upCommand } from './up.ts';

const program = new Command('quiver')
  .description('A GraphQL federation gateway over sharded pgvector pods')
  .showHelpAfterError('(add --help for what there is)');

program
  .command('up')
  .description('everything at once: embedded pods, or the databases given, and the gateway')
  .addOption(
    new Option('--pods <count>', 'embedded pods').argParser(integer(1, 26)).default(undefined, '3'),
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
    new Option('--redis <url>', 'for the hot cache, which is not there yet').env('REDIS_URL'),
  )
  .option('--no-sample', 'embedded pods only: do not load the collection quiver_docs')
  .action(upCommand);

program
  .command('pod')
  .description("one pod's subgraph over one database")
  .requiredOption('--database <url>', 'a Postgres URL')
  .option('--name <name>', "the pod's name (default: the one it had last, else its database's)")
  .addOption(hostOption())
  .addOption(portOption(4_101))
  .action(podCommand);

program
  .command('gateway')
  .description('the gateway over the pods that a file names')
  .addOption(
    new Option('--config <file>', 'the configuration').env('QUIVER_CONFIG').default('quiver.yaml'),
  )
  .action(gatewayCommand);

await program.parseAsync();

function hostOption(): Option {
  return new Option('--host <address>', 'where to listen').default('127.0.0.1');
}

function portOption(port: number): Option {
  return new Option('--port <port>', 'where to listen')
    .env('PORT')
    .argParser(integer(0, 65_535))
    .default(port);
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}
