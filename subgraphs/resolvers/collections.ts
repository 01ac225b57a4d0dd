import { errors } from '../../schema/errors.ts';
import type { Limits } from '../../schema/limits.ts';
import type { ElementType, Metric } from '../../schema/metric.ts';
import { checkBucketName, checkCollectionName, checkText } from '../../schema/names.ts';
import { membersOf, readPlacement, slotCountOf } from '../../schema/placement.ts';
import { defaultBucket, fromCursor, readCount, readRef, readText, toCursor } from '../arguments.ts';
import { withinTime, type VectorsContext } from '../context.ts';
import { coverageOf } from '../coverage.ts';
import type {
  Collection,
  CollectionPage,
  CollectionRef,
  CollectionSpec,
  Inspection,
  ShardInspection,
} from '../store.ts';
import { toConnection } from './pages.ts';

interface NamedCollection {
  readonly name: string;
  readonly bucket?: string | null;
}

interface ListArguments {
  readonly bucket?: string | null;
  readonly prefix?: string | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

export interface CreateCollectionInput extends NamedCollection {
  readonly dimension: number;
  readonly metric?: Metric | null;
  readonly elementType?: ElementType | null;
  readonly nonFilterableKeys?: readonly string[] | null;
  readonly pods?: readonly string[] | null;
  readonly ifNotExists?: boolean | null;
}

export const collectionQueries = {
  vectorCollection: (_: unknown, args: NamedCollection, context: VectorsContext) =>
    loadCollection(refOf(args), context),

  vectorCollections(_: unknown, args: ListArguments, context: VectorsContext) {
    const { bucket = null, prefix, first, after } = args;
    if (bucket !== null) checkText(bucket, 'bucket');
    const limit = readCount('first', first, {
      fallback: 100,
      min: 1,
      max: context.limits.pageMax,
      what: 'collections in a page',
    });
    const [afterBucket, afterName] = fromCursor(after, 2) ?? [];
    return withinTime(context, null, async (call) => {
      const query = {
        bucket,
        prefix: checkText(prefix ?? '', 'prefix'),
        limit,
        after:
          afterBucket === undefined ? null : { bucket: afterBucket, collection: afterName ?? '' },
        everyState: false,
      };
      return presentPage(await context.store.listCollections(query, call), query.after !== null);
    });
  },
};

export const collectionMutations = {
  createVectorCollection(
    _: unknown,
    args: { readonly input: CreateCollectionInput; readonly placement?: unknown },
    context: VectorsContext,
  ) {
    const spec = readSpec(args.input, context.limits);
    const placement = readPlacement(args.placement);
    return withinTime(context, null, async (call) => {
      const { collection, created } = await context.store.createCollection(spec, placement, call);
      return { collection: present(collection), created };
    });
  },

  deleteVectorCollection(
    _: unknown,
    args: NamedCollection & { readonly placement?: unknown },
    context: VectorsContext,
  ) {
    const placement = readPlacement(args.placement);
    return withinTime(context, null, async (call) => ({
      deleted: await context.store.deleteCollection(refOf(args), placement, call),
    }));
  },
};

/** A collection, as the resolvers below hand it on. */
type CollectionSource = ReturnType<typeof present>;

interface ShardSource {
  readonly ref: CollectionRef;
  readonly pod: string;
  readonly slotCount: number | null;
}

export const collectionTypes = {
  VectorCollection: {
    __resolveReference: async (
      { bucket, name }: Readonly<Record<string, unknown>>,
      context: VectorsContext,
    ) => {
      const named = {
        bucket: readText(bucket ?? defaultBucket, 'bucket'),
        name: readText(name, 'name'),
      };
      return loadCollection(refOf(named), context);
    },
    async count({ ref }: CollectionSource, _: unknown, context: VectorsContext) {
      const rows = await allShards(ref, 'count', context);
      return rows.reduce((sum, row) => sum + (row.count ?? 0), 0);
    },
    shards: ({ ref, placement }: CollectionSource): ShardSource[] =>
      membersOf(placement).map((pod) => ({ ref, pod, slotCount: slotCountOf(placement, pod) })),
  },
  VectorShard: {
    count: async (shard: ShardSource, _: unknown, context: VectorsContext) =>
      (await oneShard(shard, 'count', context)).count,
    bytes: async (shard: ShardSource, _: unknown, context: VectorsContext) =>
      (await oneShard(shard, 'bytes', context)).bytes,
  },
};

/** Every shard's inspection, or the first one's reason for having none. */
export async function allShards(
  ref: CollectionRef,
  what: keyof Inspection,
  context: VectorsContext,
): Promise<readonly ShardInspection[]> {
  return withoutErrors(await context.loaders.shards(ref, what));
}

function withoutErrors(rows: readonly ShardInspection[]): readonly ShardInspection[] {
  const failed = rows.find((row) => row.error !== null);
  if (failed?.error) throw failed.error;
  return rows;
}

async function oneShard(shard: ShardSource, what: keyof Inspection, context: VectorsContext) {
  const all = await context.loaders.shards(shard.ref, what);
  // A pod that is itself a gateway has a row for each of its own.
  const rows = withoutErrors(
    all.filter(({ pod }) => pod === shard.pod || pod.startsWith(`${shard.pod}/`)),
  );
  if (rows.length === 0) throw errors.podUnavailable(shard.pod, 'says nothing of its shard');
  return { count: sumOf(rows, 'count'), bytes: sumOf(rows, 'bytes') };
}

const sumOf = (rows: readonly ShardInspection[], what: 'count' | 'bytes'): number | null =>
  rows.reduce<number | null>(
    (sum, row) => (row[what] === null ? sum : (sum ?? 0) + row[what]),
    null,
  );

const refOf = ({ name, bucket }: NamedCollection): CollectionRef =>
  readRef({ collection: name, bucket: bucket ?? null }, 'name');

function loadCollection(ref: CollectionRef, context: VectorsContext) {
  return withinTime(context, null, async (call) => {
    // Whoever looks at a collection wants it as it is now, not as it is remembered.
    const found = await context.store.describe(ref, call, { fresh: true });
    return found?.placement.state === 'active' ? present(found) : null;
  });
}

export const present = (collection: Collection) => ({
  ...collection,
  ref: { bucket: collection.bucket, collection: collection.collection },
  name: collection.collection,
});

function presentPage(page: CollectionPage, hasPreviousPage: boolean) {
  const nodes = page.collections.map(present);
  const connection = toConnection(nodes, (node) => toCursor([node.bucket, node.name]), {
    hasNextPage: page.hasMore,
    hasPreviousPage,
  });
  return { ...connection, coverage: coverageOf(page.pods) };
}

function readSpec(input: CreateCollectionInput, limits: Limits): CollectionSpec {
  const bucket = input.bucket ?? defaultBucket;
  if (bucket !== defaultBucket) checkBucketName(bucket, 'input.bucket');
  checkCollectionName(input.name, 'input.name');
  return {
    bucket,
    collection: input.name,
    dimension: readCount('input.dimension', input.dimension, {
      fallback: 0,
      min: 1,
      max: limits.dimensionMax,
      what: 'dimensions',
    }),
    metric: input.metric ?? 'COSINE',
    elementType: input.elementType ?? 'FLOAT32',
    nonFilterableKeys: (input.nonFilterableKeys ?? []).map((key, i) =>
      checkText(key, `input.nonFilterableKeys[${i}]`),
    ),
    pods: readPods(input.pods ?? null),
    ifNotExists: input.ifNotExists ?? false,
  };
}

function readPods(pods: readonly string[] | null): readonly string[] | null {
  if (pods?.length === 0) throw errors.badInput('input.pods', 'at least one pod', pods);
  return pods && [...new Set(pods)];
}
