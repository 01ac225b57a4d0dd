import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { errors } from '../../schema/errors.ts';
import { indexMethods, metrics } from '../../schema/metric.ts';
import { defaultBucket } from '../../subgraphs/arguments.ts';
import { createBuildProgress, type ShardState } from './build-progress.ts';
import { exitCodes } from './exit-codes.ts';
import { runCommand } from './failures.ts';
import { withGraph, type Graph } from './graph.ts';
import { stopOnSignals } from './import/stop.ts';
import { onCollection, type CollectionOptions } from './on-collection.ts';
import { print, printJson, tell } from './output.ts';
import { anyInteger, wordOf } from './values.ts';

export function addIndex(group: Command): void {
  onCollection(group, 'index')
    .description('build an index on all shards side by side, without blocking writes')
    .option('--method <method>', 'hnsw or ivfflat (default: hnsw)', wordOf(indexMethods))
    .option('--metric <metric>', "default: the collection's own", wordOf(metrics))
    .option('--m <count>', 'of HNSW: links of a record', anyInteger)
    .option('--ef-construction <count>', 'of HNSW: at least twice m', anyInteger)
    .option('--lists <count>', 'of IVFFlat', anyInteger)
    .option('--maintenance-work-mem <size>', "of each shard's build, such as 2GB")
    .option('--no-wait', 'return when the build has begun on every shard')
    .action((name: string, options: IndexOptions) =>
      runCommand(options, () => indexCommand(name, options)),
    );
}

export interface IndexOptions extends CollectionOptions {
  readonly method?: string;
  readonly metric?: string;
  readonly m?: number;
  readonly efConstruction?: number;
  readonly lists?: number;
  readonly maintenanceWorkMem?: string;
  readonly wait: boolean;
}

/** `quiver collection index`: builds, and tells on stderr how far each shard is. */
export async function indexCommand(name: string, options: IndexOptions): Promise<void> {
  const index = await withGraph(options, (graph) => buildAndWatch(graph, name, options));
  if (index === 'interrupted') {
    tell(`The builds go on; quiver collection show ${name} tells how far.`);
    // The request that waits for them would keep us here.
    process.exit(exitCodes.interrupted);
  }
  const broken = index?.shards.filter(({ state }) => state === 'INVALID') ?? [];
  if (!index || index.state === 'INVALID') throw notBuilt(name, broken);
  if (options.json) return printJson({ index });
  const shards = index.shards.map(({ pod, state }) => `${pod} ${state}`).join(', ');
  print(`${index.method} index of ${index.metric}: ${shards}.`);
}

interface Index {
  readonly method: string;
  readonly metric: string;
  readonly state: string;
  readonly shards: readonly ShardState[];
}

interface Wanted {
  readonly input: Readonly<Record<string, unknown>>;
  readonly ref: { readonly name: string; readonly bucket: string };
  readonly method: string;
  readonly metric: string;
  readonly pods: readonly string[];
}

/** The build and the look at it go on side by side; the build's end is the end of both. */
async function buildAndWatch(
  graph: Graph,
  name: string,
  options: IndexOptions,
): Promise<Index | null | 'interrupted'> {
  const wanted = await readWanted(graph, name, options);
  const over = new AbortController();
  const stop = stopOnSignals();
  const stopped = once(stop.signal, 'abort').then(() => 'interrupted' as const);
  const built = build(graph, wanted, over.signal);
  const seen = watch(graph, wanted, over.signal, options.wait ? never : hasBegun);
  try {
    return await Promise.race([stopped, built, ...(options.wait ? [] : [seen])]);
  } finally {
    over.abort();
    // Nobody waits for it any more, if it goes on.
    built.catch(() => undefined);
    await seen;
    stop.release();
  }
}

async function readWanted(graph: Graph, name: string, options: IndexOptions): Promise<Wanted> {
  const { bucket = defaultBucket, method = 'HNSW', m, efConstruction, lists } = options;
  const ref = { name, bucket };
  const found = await graph.ask<Collection | null>(collectionDocument, ref);
  if (!found) throw errors.collectionNotFound(bucket, name);
  const metric = options.metric ?? found.metric;
  const { maintenanceWorkMem } = options;
  const given = { m, efConstruction, lists, maintenanceWorkMem };
  const input = { collection: name, bucket, method, metric, ...given };
  return { input, ref, method, metric, pods: (found.shards ?? []).map(({ pod }) => pod) };
}

/**
 * Asks again while the answer is that it is being built: whoever asks during a build waits for it,
 * and is told why it failed.
 */
async function build(graph: Graph, wanted: Wanted, over: AbortSignal): Promise<Index | null> {
  const input = { ...wanted.input, waitMs: patienceMs };
  for (;;) {
    const { index } = await graph.ask<{ readonly index: Index | null }>(createDocument, { input });
    if (index?.state !== 'BUILDING' || over.aborted) return index;
    // Where another process builds it the answer comes at once.
    await pause(over);
  }
}

/** Tells of the shards until it is over, or until `seenEnough`. */
async function watch(
  graph: Graph,
  { ref, method, metric, pods }: Wanted,
  over: AbortSignal,
  seenEnough: (index: Index | undefined, pods: readonly string[]) => boolean,
): Promise<Index | null> {
  const progress = createBuildProgress(pods);
  let index: Index | undefined;
  while (!over.aborted && !seenEnough(index, pods)) {
    const found = await look(graph, ref);
    index = found?.indexes?.find((one) => one.method === method && one.metric === metric);
    if (index) progress.show(index.shards);
    await pause(over);
  }
  progress.stop();
  return index ?? null;
}

/** A look that fails says nothing of the build: there is another. */
const look = (graph: Graph, ref: object): Promise<Collection | null> =>
  graph.ask<Collection | null>(collectionDocument, ref, () => {}).catch(() => null);

const never = (): boolean => false;

const hasBegun = (index: Index | undefined, pods: readonly string[]): boolean =>
  pods.every((pod) =>
    index?.shards.some((shard) => shard.pod === pod && shard.state !== 'INVALID'),
  );

const pause = (over: AbortSignal): Promise<void> =>
  sleep(lookMs, undefined, { signal: over }).catch(() => undefined);

function notBuilt(name: string, broken: readonly ShardState[]): Error {
  const where = broken.map(({ pod }) => pod).join(', ') || 'a shard that has none';
  return new Error(
    `The index of "${name}" must be READY on all shards; it is INVALID on ${where}. ` +
      'Their logs say why; the same command replaces it.',
  );
}

interface Collection {
  readonly metric: string;
  readonly shards: readonly { readonly pod: string }[] | null;
  readonly indexes: readonly Index[] | null;
}

const indexFields = 'method metric options state shards { pod name state percent bytes }';

const collectionDocument = `
query ($name: String!, $bucket: String) {
  vectorCollection(name: $name, bucket: $bucket) {
    metric shards { pod } indexes { ${indexFields} }
  }
}`;

const createDocument = `
mutation ($input: CreateVectorIndexInput!) {
  createVectorIndex(input: $input) { index { ${indexFields} } }
}`;

/** Less than a request may take; a build takes as many requests as it needs. */
const patienceMs = 10_000;
const lookMs = 500;
