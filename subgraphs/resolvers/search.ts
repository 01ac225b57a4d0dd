import type { GraphQLResolveInfo } from 'graphql';
import { errors } from '../../schema/errors.ts';
import type { Filter } from '../../schema/filter.ts';
import type { Limits } from '../../schema/limits.ts';
import { scoreOf, type Metric } from '../../schema/metric.ts';
import { checkKey } from '../../schema/names.ts';
import { readVector } from '../../schema/vector.ts';
import { readCount, readOptional, readRef, type CollectionArguments } from '../arguments.ts';
import type { Call } from '../call.ts';
import { checkVector, filterReader, requireCollection, type FilterReader } from '../collections.ts';
import { inTurn, withinTime, type VectorsContext } from '../context.ts';
import { coverageOf, requireCoverage } from '../coverage.ts';
import { recordSelection } from '../selection.ts';
import type {
  CollectionRef,
  Match,
  SearchAnswer,
  SearchMode,
  SearchQuery,
  Selection,
  ShardProfile,
} from '../store.ts';
import { within } from '../within.ts';
import type { RecordSource } from './records.ts';

export interface Near {
  readonly vector?: unknown;
  readonly key?: string | null;
  readonly text?: string | null;
}

interface SearchOptions {
  readonly metric?: Metric | null;
  readonly mode?: SearchMode | null;
  readonly efSearch?: number | null;
  readonly probes?: number | null;
  readonly minCoverage?: number | null;
  readonly timeoutMs?: number | null;
  readonly cache?: boolean | null;
}

export interface WindowArguments {
  readonly k?: number | null;
  readonly offset?: number | null;
  readonly filter?: unknown;
  readonly maxDistance?: number | null;
  readonly options?: SearchOptions | null;
}

type SearchArguments = CollectionArguments & WindowArguments & { readonly near: Near };

export const searchQueries = {
  searchVectors: (
    _: unknown,
    args: SearchArguments,
    context: VectorsContext,
    info: GraphQLResolveInfo,
  ) => {
    const request = {
      near: readNear(args.near, context.limits),
      ref: readRef(args),
      readFilter: filterReader(args.filter, context.limits),
      select: recordSelection(info, ['matches', 'record']),
    };
    return search(request, args, context);
  },
};

export const searchTypes = {
  VectorRecord: {
    similar: (
      { bucket, collection, key }: RecordSource,
      args: WindowArguments,
      context: VectorsContext,
      info: GraphQLResolveInfo,
    ) => {
      const request = {
        ref: { bucket, collection },
        near: { kind: 'key', key } as const,
        readFilter: filterReader(args.filter, context.limits),
        select: recordSelection(info, ['matches', 'record']),
      };
      return search(request, args, context);
    },
  },
};

/** The one thing that a search is near to. */
type Target =
  | { readonly kind: 'vector'; readonly vector: Float32Array }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'text'; readonly text: string };

export function readNear(near: Near, limits: Limits): Target {
  const given = (['vector', 'key', 'text'] as const).filter(
    (name) => (near[name] ?? null) !== null,
  );
  if (given.length !== 1) {
    throw errors.badRequest(
      'near',
      `near must have exactly one of vector, key and text; got ${given.join(' and ') || 'none'}.`,
    );
  }
  if (typeof near.key === 'string') {
    checkKey(near.key, 'near.key', limits);
    return { kind: 'key', key: near.key };
  }
  if (typeof near.text === 'string') return { kind: 'text', text: near.text };
  return { kind: 'vector', vector: readVector(near.vector, 'near.vector') };
}

/** The part of the ordered matches that was asked for. */
interface Window {
  readonly offset: number;
  readonly end: number;
  /** One more than `end` when the distance of the next match decides whether it is one. */
  readonly fetched: number;
  readonly maxDistance: number | null;
}

function readWindow(args: WindowArguments, limits: Limits): Window {
  const { windowMax } = limits;
  const k = readCount('k', args.k, { fallback: 10, min: 1, max: windowMax, what: 'matches' });
  const offset = readCount('offset', args.offset, {
    fallback: 0,
    min: 0,
    max: windowMax,
    what: 'matches to skip',
  });
  if (offset + k > windowMax) {
    throw errors.limitExceeded('k', 'matches together with offset', windowMax, offset + k);
  }
  const maxDistance = args.maxDistance ?? null;
  const end = offset + k;
  const fetched = maxDistance === null ? end : Math.min(end + 1, windowMax);
  return { offset, end, fetched, maxDistance };
}

function readOptions(options: SearchOptions, limits: Limits) {
  return {
    metric: options.metric ?? null,
    mode: options.mode ?? ('AUTO' as const),
    efSearch: readOptional('options.efSearch', options.efSearch, [1, 1_000]),
    probes: readOptional('options.probes', options.probes, [1, 32_768]),
    minCoverage: readOptional('options.minCoverage', options.minCoverage, [0, 1]),
    timeoutMs: readOptional('options.timeoutMs', options.timeoutMs, [1, limits.timeoutMsMax]),
    cache: options.cache ?? true,
  };
}

interface SearchRequest {
  readonly ref: CollectionRef;
  readonly near: Target;
  readonly readFilter: FilterReader;
  readonly select: Selection;
}

export async function search(
  { ref, near, readFilter, select }: SearchRequest,
  args: Omit<WindowArguments, 'filter'>,
  context: VectorsContext,
) {
  const startedAt = performance.now();
  const window = readWindow(args, context.limits);
  const options = readOptions(args.options ?? {}, context.limits);

  return withinTime(context, options.timeoutMs, async (call) => {
    const vector = await vectorOf(near, ref, context, call);
    let filter: Filter | null = null;
    const collection = await requireCollection(context.store, ref, call, (found) => {
      filter = readFilter(found);
      checkVector(`near.${near.kind}`, vector, found, options.metric ?? found.metric);
    });
    const metric = options.metric ?? collection.metric;
    const exclude = near.kind === 'key' ? near.key : null;
    const { mode, efSearch, probes } = options;
    const query: SearchQuery = {
      ...ref,
      vector,
      metric,
      limit: window.fetched,
      filter,
      exclude,
      select,
      mode,
      efSearch,
      probes,
      changes: false,
      cache: options.cache,
    };
    const answer = await inTurn(context, call, () => context.store.search(query, call));
    requireCoverage(answer.shards, options.minCoverage ?? context.minCoverage);
    return present(answer, { ref, metric, window, startedAt });
  });
}

async function vectorOf(
  near: Target,
  ref: CollectionRef,
  context: VectorsContext,
  call: Call,
): Promise<Float32Array> {
  switch (near.kind) {
    case 'vector':
      return near.vector;
    case 'key':
      return within(call, storedVector(near.key, ref, context));
    case 'text':
      return embed(near.text, ref, context, call);
    default:
      return near satisfies never;
  }
}

async function storedVector(key: string, ref: CollectionRef, context: VectorsContext) {
  const record = await context.loaders.record(ref, { metadata: 'none', vector: true }, key);
  if (record?.vector) return record.vector;
  throw errors.badInput(
    'near.key',
    `the key of a record with a vector in "${ref.collection}"`,
    key,
  );
}

/** An endpoint costs money and time: it is asked only what the collection can be compared with. */
async function embed(text: string, ref: CollectionRef, context: VectorsContext, call: Call) {
  const { embedders, limits, store } = context;
  const embedder = embedders.of(ref);
  if (!embedder) {
    throw errors.badRequest(
      'near.text',
      `near.text needs an embedder for "${ref.collection}" in the configuration; got none.`,
    );
  }
  if (text.trim() === '') throw errors.badInput('near.text', 'a text with a word in it', text);
  if (text.length > limits.textCharactersMax) {
    throw errors.limitExceeded('near.text', 'characters', limits.textCharactersMax, text.length);
  }
  await requireCollection(store, ref, call, ({ collection, dimension }) => {
    if (embedder.dimension === dimension) return;
    throw errors.embedderMismatch('near.text', collection, dimension, embedder);
  });
  return embedder.embedQuery(text, call);
}

function present(
  answer: SearchAnswer,
  asked: { ref: CollectionRef; metric: Metric; window: Window; startedAt: number },
) {
  const { offset, end, maxDistance } = asked.window;
  const isNear = ({ distance }: Match): boolean => maxDistance === null || distance <= maxDistance;
  const next = answer.matches[end];
  const last = answer.matches.at(-1);
  return {
    matches: answer.matches
      .slice(offset, end)
      .filter(isNear)
      .map((match) => presentMatch(match, asked.ref, asked.metric)),
    hasMore: next ? isNear(next) : answer.hasMore && (!last || isNear(last)),
    metric: asked.metric,
    coverage: coverageOf(answer.shards),
    cache: answer.cache ?? { outcome: 'BYPASS', ageMs: null },
    profile: answer.shards.filter((shard): shard is ShardProfile => !('error' in shard)),
    tookMs: performance.now() - asked.startedAt,
  };
}

const presentMatch = (match: Match, ref: CollectionRef, metric: Metric) => ({
  distance: match.distance,
  score: scoreOf(metric, match.distance),
  record: {
    bucket: ref.bucket,
    collection: ref.collection,
    key: match.key,
    metadata: match.metadata,
    vector: match.vector,
  },
});
