import type { Command } from 'commander';
import { errors } from '../../schema/errors.ts';
import { elementTypes, indexMethods, metrics } from '../../schema/metric.ts';
import { defaultBucket } from '../../subgraphs/arguments.ts';
import { addIndex } from './collection-index.ts';
import { addShow } from './collection-show.ts';
import { confirm } from './confirm.ts';
import { runCommand } from './failures.ts';
import { withGraph } from './graph.ts';
import { onCollection, type CollectionOptions } from './on-collection.ts';
import { print, printJson } from './output.ts';
import { anyInteger, names, wordOf } from './values.ts';

/** `quiver collection ...`: each of its commands is one operation of the API. */
export function addCollection(program: Command): void {
  const group = program.command('collection').description('one collection: make, look at, index');
  addCreate(group);
  addShow(group);
  addDelete(group);
  addIndex(group);
  addDropIndex(group);
}

export interface CreateOptions extends CollectionOptions {
  readonly dimension: number;
  readonly metric?: string;
  readonly elementType?: string;
  readonly nonFilterable?: readonly string[];
  readonly pods?: readonly string[];
  readonly ifNotExists?: boolean;
}

function addCreate(group: Command): void {
  onCollection(group, 'create')
    .description('a new collection')
    .requiredOption('--dimension <count>', 'of its vectors', anyInteger)
    .option(
      '--metric <metric>',
      'cosine, l2, inner_product or l1 (default: cosine)',
      wordOf(metrics),
    )
    .option('--element-type <type>', 'float32 or float16 (default: float32)', wordOf(elementTypes))
    .option('--non-filterable <keys>', 'metadata keys that are never filtered on', names)
    .option('--pods <names>', 'the pods that share it (default: all)', names)
    .option('--if-not-exists', 'fine when it is there and is the same')
    .action((name: string, options: CreateOptions) =>
      runCommand(options, () => createCommand(name, options)),
    );
}

/** `quiver collection create` */
export async function createCommand(name: string, options: CreateOptions): Promise<void> {
  const { bucket, dimension, metric, elementType, pods, ifNotExists, json } = options;
  const input = { name, bucket, dimension, metric, elementType, pods, ifNotExists };
  const document = `mutation ($input: CreateVectorCollectionInput!) {
    createVectorCollection(input: $input) {
      created
      collection { bucket name dimension metric elementType nonFilterableKeys createdAt
        shards { pod slotCount } }
    }
  }`;
  const payload = await withGraph(options, (graph) =>
    graph.ask<Created>(document, { input: { ...input, nonFilterableKeys: options.nonFilterable } }),
  );
  if (json) return printJson(payload);
  const { created, collection: made } = payload;
  const on = made.shards?.map(({ pod }) => pod).join(', ') ?? '?';
  const what = `${made.dimension} dimensions, ${made.metric}, ${made.elementType}`;
  print(`${made.name} ${created ? 'is made' : 'was there already'}: ${what}, on ${on}.`);
}

interface Created {
  readonly created: boolean;
  readonly collection: {
    readonly name: string;
    readonly dimension: number;
    readonly metric: string;
    readonly elementType: string;
    readonly shards: readonly { readonly pod: string }[] | null;
  };
}

export interface DeleteOptions extends CollectionOptions {
  readonly yes?: boolean;
}

function addDelete(group: Command): void {
  onCollection(group, 'delete')
    .description('a collection with all its records, for good')
    .option('--yes', 'do not ask')
    .action((name: string, options: DeleteOptions) =>
      runCommand(options, () => deleteCommand(name, options)),
    );
}

/** `quiver collection delete`: asks first, where somebody can be asked. */
export async function deleteCommand(name: string, options: DeleteOptions): Promise<void> {
  const { bucket = defaultBucket, yes = false, json } = options;
  if (!yes) await confirm(`Delete "${name}" of bucket "${bucket}" with all its records?`);
  const document = `mutation ($name: String!, $bucket: String) {
    deleteVectorCollection(name: $name, bucket: $bucket) { deleted }
  }`;
  const payload = await withGraph(options, (graph) =>
    graph.ask<{ readonly deleted: boolean }>(document, { name, bucket }),
  );
  if (!payload.deleted) throw errors.collectionNotFound(bucket, name);
  if (json) printJson(payload);
  else print(`${name} is deleted.`);
}

export interface DropIndexOptions extends CollectionOptions {
  readonly method?: string;
  readonly metric?: string;
}

function addDropIndex(group: Command): void {
  onCollection(group, 'drop-index')
    .description('an index of a collection, on all its shards')
    .option('--method <method>', 'hnsw or ivfflat (default: hnsw)', wordOf(indexMethods))
    .option('--metric <metric>', 'default: of any metric', wordOf(metrics))
    .action((name: string, options: DropIndexOptions) =>
      runCommand(options, () => dropIndexCommand(name, options)),
    );
}

/** `quiver collection drop-index`: that there was none is no failure of what was wanted. */
export async function dropIndexCommand(
  collection: string,
  options: DropIndexOptions,
): Promise<void> {
  const { bucket = defaultBucket, method = 'HNSW', metric = null, json } = options;
  const document = `mutation ($collection: String!, $bucket: String,
    $method: VectorIndexMethod!, $metric: VectorMetric) {
    dropVectorIndex(collection: $collection, bucket: $bucket, method: $method, metric: $metric) {
      dropped
    }
  }`;
  const payload = await withGraph(options, (graph) =>
    graph.ask<{ readonly dropped: boolean }>(document, { collection, bucket, method, metric }),
  );
  if (json) return printJson(payload);
  const index = `${method} index${metric === null ? '' : ` of ${metric}`}`;
  print(payload.dropped ? `The ${index} is dropped.` : `${collection} had no ${index}.`);
}
