import type { Command } from 'commander';
import { codeOf } from '../../schema/errors.ts';
import { defaultBucket } from '../../subgraphs/arguments.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';
import { noCache, type RunningOptions } from './cache-stats.ts';
import { exitCodes, exitCodesHelp, type ExitCode } from './exit-codes.ts';
import { runCommand, UsageError } from './failures.ts';
import { withGraph, type Graph } from './graph.ts';
import { served, urlOption } from './open-store.ts';
import { print, printJson, tell } from './output.ts';

export interface ClearOptions extends RunningOptions {
  readonly bucket?: string;
  readonly all?: boolean;
}

export function addClear(group: Command): void {
  group
    .command('clear')
    .description('serve nothing any more of what the hot cache has of a collection')
    .argument('[name]', 'of the collection')
    .option('--bucket <name>', 'its bucket (default: vecs; with --all: every bucket)')
    .option('--all', 'every collection')
    .addOption(urlOption('a gateway; those that share its Redis clear theirs too'))
    .option('--json', 'the collections, for programs')
    .addHelpText('after', exitCodesHelp)
    .action((name: string | undefined, options: ClearOptions) =>
      runCommand(options, () => clearCommand(name, options)),
    );
}

/** `quiver cache clear`: the mutation `clearVectorCache`, once a collection. */
export async function clearCommand(
  name: string | undefined,
  { bucket, all = false, url = served, json = false }: ClearOptions,
): Promise<ExitCode> {
  if (all === (name !== undefined)) {
    throw new UsageError('A name or --all must be given, and not both.');
  }
  const { cleared, failures } = await withGraph({ url }, async (graph) => {
    const asked =
      name === undefined
        ? await listAll(graph, bucket)
        : { refs: [{ bucket: bucket ?? defaultBucket, collection: name }], failures: [] };
    return { ...asked, cleared: await clearEach(graph, asked.refs, { url, all }) };
  });
  if (json) printJson({ cleared });
  else print(textOf(cleared));
  for (const { pod, message } of failures) tell(`Without ${pod}: ${message}`);
  return failures.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function textOf(cleared: readonly CollectionRef[]): string {
  if (cleared.length === 0) return 'There are no collections.';
  return cleared
    .map(({ bucket, collection }) => `${bucket}.${collection}`)
    .map((name) => `Nothing that was kept of ${name} is served any more.`)
    .join('\n');
}

interface Page {
  readonly nodes: readonly { readonly bucket: string; readonly name: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly coverage: { readonly failures: readonly PodFailure[] };
}

interface PodFailure {
  readonly pod: string;
  readonly message: string;
}

/** With the pods whose collections are missing from it. */
async function listAll(graph: Graph, bucket: string | undefined) {
  const refs: CollectionRef[] = [];
  const failures = new Map<string, PodFailure>();
  let after: string | null = null;
  do {
    const { nodes, pageInfo, coverage }: Page = await graph.ask<Page>(listing, { bucket, after });
    refs.push(...nodes.map((node) => ({ bucket: node.bucket, collection: node.name })));
    coverage.failures.forEach((failure) => failures.set(failure.pod, failure));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return { refs, failures: [...failures.values()] };
}

const listing = `query ($bucket: String, $after: String) {
  vectorCollections(bucket: $bucket, after: $after, first: 1000) {
    nodes { bucket name }
    pageInfo { hasNextPage endCursor }
    coverage { failures { pod message } }
  }
}`;

/** With `all`, what was dropped since it was listed needs no clearing. */
async function clearEach(
  graph: Graph,
  refs: readonly CollectionRef[],
  { url, all }: { readonly url: string; readonly all: boolean },
): Promise<readonly CollectionRef[]> {
  const done: CollectionRef[] = [];
  for (const ref of refs) {
    try {
      const { cleared } = await graph.ask<{ readonly cleared: boolean }>(clearing, ref);
      if (!cleared) throw noCache(url);
      done.push(ref);
    } catch (error) {
      if (!all || codeOf(error) !== 'COLLECTION_NOT_FOUND') throw error;
    }
  }
  return done;
}

const clearing = `mutation ($bucket: String!, $collection: String!) {
  clearVectorCache(bucket: $bucket, collection: $collection) { cleared }
}`;
