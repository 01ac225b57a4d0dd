import type { Command } from 'commander';
import { defaultBucket } from '../../subgraphs/arguments.ts';
import { addClear } from './cache-clear.ts';
import { addStats } from './cache-stats.ts';
import { runCommand } from './failures.ts';
import { withGraph } from './graph.ts';
import { onCollection, type CollectionOptions } from './on-collection.ts';
import { print, printJson } from './output.ts';

/** `quiver cache ...`: the hot cache of a gateway, and what it needs of a collection. */
export function addCache(program: Command): void {
  const group = program.command('cache').description('the hot cache, and what it needs');
  addStats(group);
  addClear(group);
  onCollection(group, 'watch')
    .description('count the writes to a table that Quiver did not make, on all its pods')
    .addHelpText('after', watchHelp)
    .action((name: string, options: CollectionOptions) =>
      runCommand(options, () => watchCommand(name, true, options)),
    );
  onCollection(group, 'unwatch')
    .description('count them no more')
    .action((name: string, options: CollectionOptions) =>
      runCommand(options, () => watchCommand(name, false, options)),
    );
}

/** `quiver cache watch` and `quiver cache unwatch`: done twice it is the same. */
export async function watchCommand(
  collection: string,
  on: boolean,
  options: CollectionOptions,
): Promise<void> {
  const { bucket = defaultBucket, json } = options;
  const document = `mutation ($collection: String!, $bucket: String, $on: Boolean!) {
    watchVectorCollection(collection: $collection, bucket: $bucket, on: $on)
  }`;
  await withGraph(options, (graph) => graph.ask<boolean>(document, { collection, bucket, on }));
  if (json) return printJson({ watched: on });
  print(`The writes to ${collection} are ${on ? 'counted' : 'not counted any more'}.`);
}

const watchHelp = `
Answers are kept only of collections whose writes are all counted. Those that Quiver makes are
counted from the start; answers of any other table are not kept, until this is done. It puts two
triggers on it, which needs the table's owner. The first costs each statement that writes about
0.02 ms and a row of 50 bytes in quiver.changes, where many become one again; the second works in
logical replication alone. It waits for writes that are under way, and other writes wait for it.`;
