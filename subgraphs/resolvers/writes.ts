import { errors } from '../../schema/errors.ts';
import type { JsonObject } from '../../schema/filter.ts';
import type { Limits } from '../../schema/limits.ts';
import { checkFilterable, checkKey, checkMetadata, checkText } from '../../schema/names.ts';
import { readVector } from '../../schema/vector.ts';
import { readKeys, readRef, type CollectionArguments } from '../arguments.ts';
import {
  checkVector,
  filterReader,
  requireCollection,
  requireFilter,
  type FilterReader,
} from '../collections.ts';
import { withinTime, type VectorsContext } from '../context.ts';
import type { Collection, CollectionRef, NewRecord } from '../store.ts';

interface WriteArguments extends CollectionArguments {
  readonly version?: number | null;
}

export interface RecordInput {
  readonly key: string;
  readonly vector: unknown;
  readonly metadata?: unknown;
}

export const writeMutations = {
  upsertVectors(
    _: unknown,
    args: WriteArguments & { readonly records: readonly RecordInput[] },
    context: VectorsContext,
  ) {
    const { records, version } = args;
    return upsert(readRef(args), records, context, version);
  },

  updateVectorMetadata(
    _: unknown,
    args: WriteArguments & {
      readonly keys: readonly string[];
      readonly set?: unknown;
      readonly unset?: readonly string[] | null;
      readonly dryRun?: boolean | null;
    },
    context: VectorsContext,
  ) {
    const ref = readRef(args);
    const keys = [...new Set(readKeys(args.keys, context.limits))];
    const { set, unset } = readChange(args.set, args.unset, context.limits);
    return withinTime(context, null, async (call) => {
      await requireCollection(context.store, ref, call, ({ nonFilterableKeys }) =>
        checkFilterable(set, 'set', nonFilterableKeys, context.limits),
      );
      const dryRun = args.dryRun ?? false;
      const write = { ...ref, keys, set, unset, dryRun, version: args.version ?? null };
      return { updatedCount: await context.store.updateMetadata(write, call) };
    });
  },

  deleteVectors(
    _: unknown,
    args: WriteArguments & { readonly keys?: readonly string[] | null; readonly filter?: unknown },
    context: VectorsContext,
  ) {
    const { keys, filter, version } = args;
    const given = filter !== null && filter !== undefined;
    const readFilter = given ? filterReader(filter, context.limits) : null;
    return deleteRecords(readRef(args), { keys, readFilter }, context, version);
  },
};

/** All records are checked before any is written. */
export async function upsert(
  ref: CollectionRef,
  inputs: readonly RecordInput[],
  context: VectorsContext,
  version: number | null = null,
) {
  const records = readRecords(inputs, context.limits);
  return withinTime(context, null, async (call) => {
    await requireCollection(context.store, ref, call, (found) =>
      checkRecords(records, found, context.limits),
    );
    return { upsertedCount: await context.store.upsert({ ...ref, records, version }, call) };
  });
}

/** What is to be deleted: exactly one of the two. */
interface DeleteTarget {
  readonly keys: readonly string[] | null | undefined;
  readonly readFilter: FilterReader | null;
}

export async function deleteRecords(
  ref: CollectionRef,
  { keys: given, readFilter }: DeleteTarget,
  context: VectorsContext,
  version: number | null = null,
) {
  const keys = given ? [...new Set(readKeys(given, context.limits))] : null;
  if ((keys === null) === (readFilter === null)) {
    throw errors.badRequest(
      'keys',
      `A deletion needs exactly one of keys and filter; got ${keys ? 'both' : 'none'}.`,
    );
  }
  return withinTime(context, null, async (call) => {
    const filter = readFilter && (await requireFilter(context.store, ref, call, readFilter));
    if (!keys && !filter)
      throw errors.invalidFilter('filter', 'a filter with a condition, in a deletion', {});
    const target = filter ? { filter } : { keys: keys! };
    return { deletedCount: await context.store.delete({ ...ref, target, version }, call) };
  });
}

/** Everything about the records that can be judged without the collection. */
function readRecords(inputs: readonly RecordInput[], limits: Limits): readonly NewRecord[] {
  if (inputs.length > limits.writeRecordsMax) {
    throw errors.limitExceeded('records', 'records', limits.writeRecordsMax, inputs.length);
  }
  const positions = new Map<string, number>();
  return inputs.map((input, i) => {
    const argument = `records[${i}]`;
    checkKey(input.key, `${argument}.key`, limits);
    const earlier = positions.get(input.key);
    if (earlier !== undefined) {
      throw errors.badRequest(
        `${argument}.key`,
        `Each key may be given once; records[${earlier}] and ${argument} both have "${input.key}".`,
      );
    }
    positions.set(input.key, i);
    return {
      key: input.key,
      vector: readVector(input.vector, `${argument}.vector`),
      metadata: checkMetadata(input.metadata ?? {}, `${argument}.metadata`, limits),
    };
  });
}

function checkRecords(records: readonly NewRecord[], collection: Collection, limits: Limits): void {
  const { nonFilterableKeys } = collection;
  records.forEach(({ vector, metadata }, i) => {
    checkVector(`records[${i}].vector`, vector, collection);
    checkFilterable(metadata, `records[${i}].metadata`, nonFilterableKeys, limits);
  });
}

function readChange(
  set: unknown,
  unset: readonly string[] | null | undefined,
  limits: Limits,
): { readonly set: JsonObject; readonly unset: readonly string[] } {
  const change = { set: checkMetadata(set ?? {}, 'set', limits), unset: unset ?? [] };
  change.unset.forEach((key, i) => checkText(key, `unset[${i}]`));
  const both = change.unset.findIndex((key) => Object.hasOwn(change.set, key));
  if (both >= 0) {
    const key = change.unset[both];
    throw errors.badRequest(`unset[${both}]`, `"${key}" must be set or unset; got both.`);
  }
  if (change.unset.length === 0 && Object.keys(change.set).length === 0) {
    throw errors.badRequest('set', 'set or unset must name a metadata key; got none.');
  }
  return change;
}
