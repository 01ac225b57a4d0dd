import { errors } from '../../schema/errors.ts';
import type { IndexMethod, Metric } from '../../schema/metric.ts';
import { readOptional, readRef, type CollectionArguments } from '../arguments.ts';
import { remainingMs } from '../call.ts';
import { requireCollection } from '../collections.ts';
import { withinTime, type VectorsContext } from '../context.ts';
import type { CollectionRef, IndexState, ShardIndex, ShardInspection } from '../store.ts';
import { allShards } from './collections.ts';

interface CreateIndexInput extends CollectionArguments {
  readonly method?: IndexMethod | null;
  readonly metric?: Metric | null;
  readonly m?: number | null;
  readonly efConstruction?: number | null;
  readonly lists?: number | null;
  readonly maintenanceWorkMem?: string | null;
  readonly ifNotExists?: boolean | null;
  readonly waitMs?: number | null;
}

interface DropIndexArguments extends CollectionArguments {
  readonly method: IndexMethod;
  readonly metric?: Metric | null;
}

export const indexMutations = {
  createVectorIndex(
    _: unknown,
    { input }: { readonly input: CreateIndexInput },
    context: VectorsContext,
  ) {
    const ref = readRef(input, 'input.collection');
    const options = readIndexOptions(input);
    const waitMs = readWait(input, context);
    return withinTime(context, waitMs + context.operationMs, async (call) => {
      const collection = await requireCollection(context.store, ref, call, (found) => {
        checkIndexable(found, context.limits.indexedDimensionMax);
        checkMethod(options.method, input.metric ?? found.metric);
      });
      const metric = input.metric ?? collection.metric;
      // A tenth of the time is kept, so that the answer is still told when the wait runs out.
      const patience = Math.min(waitMs, remainingMs(call) * 0.9);
      await context.store.createIndex({ ...ref, ...options, metric, waitMs: patience }, call);
      const indexes = unite(await allShards(ref, 'indexes', context));
      const made = indexes.find((i) => i.method === options.method && i.metric === metric);
      return { index: made ?? null };
    });
  },

  dropVectorIndex(_: unknown, args: DropIndexArguments, context: VectorsContext) {
    const ref = readRef(args);
    return withinTime(context, null, async (call) => {
      await requireCollection(context.store, ref, call);
      const query = { ...ref, method: args.method, metric: args.metric ?? null };
      return { dropped: await context.store.dropIndex(query, call) };
    });
  },
};

export const indexTypes = {
  VectorCollection: {
    indexes: async (
      { ref }: { readonly ref: CollectionRef },
      _: unknown,
      context: VectorsContext,
    ) => unite(await allShards(ref, 'indexes', context)),
  },
};

function readIndexOptions(input: CreateIndexInput) {
  const m = readOptional('input.m', input.m, [2, 100]);
  const efConstruction = readOptional('input.efConstruction', input.efConstruction, [4, 1_000]);
  const lists = readOptional('input.lists', input.lists, [1, 32_768]);
  if (efConstruction !== null && efConstruction < 2 * (m ?? 16)) {
    const needed = `at least twice m, ${2 * (m ?? 16)}`;
    throw errors.badInput('input.efConstruction', needed, efConstruction);
  }
  const method = input.method ?? 'HNSW';
  const foreign = method === 'HNSW' ? { lists } : { m, efConstruction };
  for (const [option, value] of Object.entries(foreign)) {
    if (value !== null) throw errors.badInput(`input.${option}`, `left out for ${method}`, value);
  }
  const maintenanceWorkMem = readMemory('input.maintenanceWorkMem', input.maintenanceWorkMem);
  const ifNotExists = input.ifNotExists ?? true;
  return { method, m, efConstruction, lists, maintenanceWorkMem, ifNotExists };
}

/** An amount of memory in the units that PostgreSQL has for it; null when it was not given. */
function readMemory(argument: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const [, count, unit] = /^(\d+)(kB|MB|GB)$/.exec(value) ?? [];
  const size = Number(count) * (kilobytes[unit ?? ''] ?? NaN);
  if (size >= memoryMin && size <= memoryMax) return value;
  throw errors.badInput(argument, 'a number and kB, MB or GB, from 1MB to 1024GB', value);
}

const kilobytes: Readonly<Record<string, number>> = { kB: 1, MB: 1_024, GB: 1_024 ** 2 };
const memoryMin = 1_024;
const memoryMax = 1_024 ** 3;

/** Nobody waits longer than a request may take; asking for it is no mistake. */
function readWait({ waitMs }: CreateIndexInput, { limits }: VectorsContext): number {
  const wanted = waitMs ?? limits.timeoutMsMax;
  if (wanted < 0) throw errors.badInput('input.waitMs', 'at least 0', wanted);
  return Math.min(wanted, limits.timeoutMsMax);
}

function checkIndexable(
  collection: { readonly dimension: number; readonly elementType: 'FLOAT32' | 'FLOAT16' },
  maxima: Readonly<Record<'FLOAT32' | 'FLOAT16', number>>,
): void {
  const { dimension, elementType } = collection;
  const max = maxima[elementType];
  if (dimension <= max) return;
  throw errors.limitExceeded('input.collection', `${elementType} dimensions`, max, dimension);
}

function checkMethod(method: IndexMethod, metric: Metric): void {
  if (method === 'HNSW' || metric !== 'L1') return;
  throw errors.badInput('input.metric', 'COSINE, L2 or INNER_PRODUCT for an IVFFLAT index', metric);
}

/** From the worst on. */
const states: readonly IndexState[] = ['INVALID', 'BUILDING', 'READY'];

/** The indexes of all shards, those of one method and metric as one. */
function unite(shards: readonly ShardInspection[]) {
  const groups = new Map<string, { pod: string; index: ShardIndex }[]>();
  for (const { pod, indexes } of shards) {
    for (const index of indexes ?? []) {
      const name = `${index.method} ${index.metric}`;
      groups.set(name, [...(groups.get(name) ?? []), { pod, index }]);
    }
  }
  return [...groups.values()].map((members) => {
    const { method, metric, options } = members[0]!.index;
    // A shard without the index is as bad as one with an invalid one: it cannot use it.
    const complete = shards.every(({ pod }) => members.some((member) => member.pod === pod));
    const state = states.find(
      (worst) =>
        members.some(({ index }) => index.state === worst) || (worst === 'INVALID' && !complete),
    );
    return {
      method,
      metric,
      options,
      state,
      shards: members.map((m) => ({ pod: m.pod, ...m.index })),
    };
  });
}
