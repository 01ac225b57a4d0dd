import type { GraphQLResolveInfo } from 'graphql';
import { errors } from '../../schema/errors.ts';
import { parseFilter } from '../../schema/filter-parser.ts';
import type { Filter, JsonObject } from '../../schema/filter.ts';
import type { Limits } from '../../schema/limits.ts';
import { checkKey } from '../../schema/names.ts';
import { vectorToBase64 } from '../../schema/vector.ts';
import {
  fromCursor,
  readCount,
  readKeys,
  readRef,
  toCursor,
  type CollectionArguments,
} from '../arguments.ts';
import { requireCollection } from '../collections.ts';
import { withinTime, type VectorsContext } from '../context.ts';
import { recordSelection } from '../selection.ts';
import type { CollectionRef, Selection, StoredRecord } from '../store.ts';
import { toConnection } from './pages.ts';

/** A VectorRecord on its way through the resolvers: its name, and what has been read of it. */
export interface RecordSource extends CollectionRef {
  readonly key: string;
  readonly metadata?: JsonObject | undefined;
  readonly vector?: Float32Array | undefined;
}

interface ScanArguments extends CollectionArguments {
  readonly filter?: unknown;
  readonly first?: number | null;
  readonly after?: string | null;
  readonly segment?: { readonly index: number; readonly of: number } | null;
}

export const recordQueries = {
  async vectorRecord(
    _: unknown,
    args: CollectionArguments & { readonly key: string },
    context: VectorsContext,
    info: GraphQLResolveInfo,
  ) {
    checkKey(args.key, 'key', context.limits);
    return loadRecord(readRef(args), args.key, recordSelection(info, []), context);
  },

  vectorRecords(
    _: unknown,
    args: CollectionArguments & { readonly keys: readonly string[] },
    context: VectorsContext,
    info: GraphQLResolveInfo,
  ) {
    const ref = readRef(args);
    const select = recordSelection(info, []);
    const keys = readKeys(args.keys, context.limits);
    // An unknown collection is one error of the whole list, not one of each key.
    return withinTime(context, null, async (call) => {
      await requireCollection(context.store, ref, call);
      return keys.map((key) => loadRecord(ref, key, select, context));
    });
  },

  scanVectors(_: unknown, args: ScanArguments, context: VectorsContext, info: GraphQLResolveInfo) {
    const { limits, store } = context;
    const ref = readRef(args);
    const limit = readCount('first', args.first, {
      fallback: 100,
      min: 1,
      max: limits.pageMax,
      what: 'records in a page',
    });
    const [after = null] = fromCursor(args.after, 1) ?? [];
    const segment = readSegment(args.segment, limits);
    const select = scanSelection(info);
    return withinTime(context, null, async (call) => {
      const filter = await readFilter(args.filter, ref, context, call);
      const page = await store.scan({ ...ref, filter, limit, after, segment, select }, call);
      const nodes = page.records.map((record) => ({ ...ref, ...record }));
      return toConnection(nodes, (node) => toCursor([node.key]), {
        hasNextPage: page.hasMore,
        hasPreviousPage: after !== null,
      });
    });
  },

  countVectors(
    _: unknown,
    args: CollectionArguments & { readonly filter?: unknown },
    context: VectorsContext,
  ) {
    const ref = readRef(args);
    return withinTime(context, null, async (call) => {
      const filter = await readFilter(args.filter, ref, context, call);
      return context.store.count({ ...ref, filter }, call);
    });
  },
};

export const recordTypes = {
  VectorRecord: {
    vector: (record: RecordSource, _: unknown, context: VectorsContext) =>
      vectorOf(record, context),
    async vectorBase64(record: RecordSource, _: unknown, context: VectorsContext) {
      const vector = await vectorOf(record, context);
      return vector ? vectorToBase64(vector) : null;
    },
    async metadata(
      record: RecordSource,
      { keys }: { readonly keys?: readonly string[] | null },
      context: VectorsContext,
    ) {
      const metadata = record.metadata ?? (await reload(record, 'metadata', context))?.metadata;
      return metadata && keys ? pick(metadata, keys) : (metadata ?? null);
    },
  },
};

/** The record under its name, or null when there is none. */
export async function loadRecord(
  ref: CollectionRef,
  key: string,
  select: Selection,
  context: VectorsContext,
): Promise<RecordSource | null> {
  const record = await context.loaders.record(ref, select, key);
  return record && { ...ref, ...record };
}

async function vectorOf(record: RecordSource, context: VectorsContext) {
  return record.vector ?? (await reload(record, 'vector', context))?.vector ?? null;
}

/** For a record that came without what is asked of it now. */
function reload(
  { bucket, collection, key }: RecordSource,
  what: 'metadata' | 'vector',
  context: VectorsContext,
): Promise<StoredRecord | null> {
  const select: Selection = {
    metadata: what === 'metadata' ? 'all' : 'none',
    vector: what === 'vector',
  };
  return context.loaders.record({ bucket, collection }, select, key);
}

function pick(metadata: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(metadata, key)).map((key) => [key, metadata[key]!]),
  );
}

/** The filter, judged by what the collection lets be filtered on. */
export async function readFilter(
  input: unknown,
  ref: CollectionRef,
  context: VectorsContext,
  call: VectorsContext['call'],
): Promise<Filter | null> {
  let filter: Filter | null = null;
  await requireCollection(context.store, ref, call, ({ nonFilterableKeys }) => {
    filter = parseFilter(input, { argument: 'filter', limits: context.limits, nonFilterableKeys });
  });
  return filter;
}

function readSegment(segment: ScanArguments['segment'], { segmentsMax }: Limits) {
  const { index, of } = segment ?? { index: 0, of: 1 };
  const range = { fallback: 1, min: 1, max: segmentsMax, what: 'segments' };
  readCount('segment.of', of, range);
  if (index >= 0 && index < of) return { index, of };
  throw errors.badInput('segment.index', `from 0 to ${of - 1}`, index);
}

/** Records of a page are asked for as nodes, in edges, or both. */
function scanSelection(info: GraphQLResolveInfo): Selection {
  const nodes = recordSelection(info, ['nodes']);
  const edges = recordSelection(info, ['edges', 'node']);
  return {
    metadata: unite(nodes.metadata, edges.metadata),
    vector: nodes.vector || edges.vector,
  };
}

function unite(a: Selection['metadata'], b: Selection['metadata']): Selection['metadata'] {
  if (a === 'none') return b;
  if (b === 'none') return a;
  return a === 'all' || b === 'all' ? 'all' : [...new Set([...a, ...b])].sort();
}
