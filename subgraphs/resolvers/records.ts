import type { GraphQLResolveInfo } from 'graphql';
import { errors } from '../../schema/errors.ts';
import type { JsonObject } from '../../schema/filter.ts';
import type { Limits } from '../../schema/limits.ts';
import { checkKey } from '../../schema/names.ts';
import { vectorToBase64 } from '../../schema/vector.ts';
import {
  defaultBucket,
  readCount,
  readId,
  readKeys,
  readRef,
  readText,
  type CollectionArguments,
} from '../arguments.ts';
import {
  filterReader,
  requireCollection,
  requireFilter,
  type FilterReader,
} from '../collections.ts';
import { withinTime, type VectorsContext } from '../context.ts';
import { positionFromCursor, positionToCursor } from '../scan-cursor.ts';
import { pageSelection, picked, recordSelection } from '../selection.ts';
import type { CollectionRef, ScanQuery, Selection, StoredRecord } from '../store.ts';
import { readOrder, type OrderInput } from './orders.ts';
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
  readonly orderBy?: readonly OrderInput[] | null;
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
    const request = {
      ref: readRef(args),
      readFilter: filterReader(args.filter, context.limits),
      orderBy: readOrder(args.orderBy, context.limits),
      segment: readSegment(args.segment, context.limits),
      select: pageSelection(info),
    };
    return scan(request, args, context);
  },

  countVectors(
    _: unknown,
    args: CollectionArguments & { readonly filter?: unknown },
    context: VectorsContext,
  ) {
    return count(readRef(args), filterReader(args.filter, context.limits), context);
  },
};

export const recordTypes = {
  VectorRecord: {
    vector: vectorOf,
    async vectorBase64(record: RecordSource, args: unknown, context: VectorsContext) {
      const vector = await vectorOf(record, args, context);
      return vector ? vectorToBase64(vector) : null;
    },
    metadata: metadataOf,
    // Async, since a throw would cost all entities of the request.
    async __resolveReference(
      { bucket, collection, key }: Readonly<Record<string, unknown>>,
      context: VectorsContext,
      info: GraphQLResolveInfo,
    ) {
      const ref = readRef({
        bucket: readText(bucket ?? defaultBucket, 'bucket'),
        collection: readText(collection, 'collection'),
      });
      const id = checkKey(readId(key, 'key'), 'key', context.limits);
      return loadRecord(ref, id, context.entitySelection(info), context);
    },
  },
};

interface ScanRequest extends Pick<ScanQuery, 'orderBy' | 'segment' | 'select'> {
  readonly ref: CollectionRef;
  readonly readFilter: FilterReader;
}

interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** One page of a collection's records, as a connection. */
export async function scan(
  { ref, readFilter, orderBy, segment, select }: ScanRequest,
  args: PageArguments,
  context: VectorsContext,
) {
  const { limits, store } = context;
  const limit = readCount('first', args.first, {
    fallback: 100,
    min: 1,
    max: limits.pageMax,
    what: 'records in a page',
  });
  const after = positionFromCursor(args.after, orderBy);
  return withinTime(context, null, async (call) => {
    const filter = await requireFilter(store, ref, call, readFilter);
    const query = { ...ref, filter, limit, orderBy, after, segment, select };
    const page = await store.scan(query, call);
    const nodes = page.records.map((record) => ({ ...ref, ...record }));
    return toConnection(nodes, ({ position }) => positionToCursor(position, orderBy), {
      hasNextPage: page.hasMore,
      hasPreviousPage: after !== null,
    });
  });
}

export const count = (
  ref: CollectionRef,
  readFilter: FilterReader,
  context: VectorsContext,
): Promise<number> =>
  withinTime(context, null, async (call) => {
    const filter = await requireFilter(context.store, ref, call, readFilter);
    return context.store.count({ ...ref, filter }, call);
  });

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

/** Not async, no more than `metadataOf`: promises for each match would be a third of a search's CPU. */
export function vectorOf(record: RecordSource, _: unknown, context: VectorsContext) {
  if (record.vector) return record.vector;
  return reload(record, 'vector', context).then((reloaded) => reloaded?.vector ?? null);
}

export function metadataOf(
  record: RecordSource,
  { keys }: { readonly keys?: readonly string[] | null },
  context: VectorsContext,
) {
  const pick = (metadata: JsonObject) => picked(metadata, keys ?? 'all');
  if (record.metadata) return pick(record.metadata);
  return reload(record, 'metadata', context).then((reloaded) =>
    reloaded?.metadata ? pick(reloaded.metadata) : null,
  );
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

function readSegment(segment: ScanArguments['segment'], { segmentsMax }: Limits) {
  const { index, of } = segment ?? { index: 0, of: 1 };
  const range = { fallback: 1, min: 1, max: segmentsMax, what: 'segments' };
  readCount('segment.of', of, range);
  if (index >= 0 && index < of) return { index, of };
  throw errors.badInput('segment.index', `from 0 to ${of - 1}`, index);
}
