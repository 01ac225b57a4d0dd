import { errors } from '../../schema/errors.ts';
import type { JsonObject } from '../../schema/filter.ts';
import type { Limits } from '../../schema/limits.ts';
import { checkFilterable, checkKey, checkMetadata, checkText } from '../../schema/names.ts';
import { readVector } from '../../schema/vector.ts';
import { readKeys, readRef, type CollectionArguments } from '../arguments.ts';
import { checkVector, requireCollection } from '../collections.ts';
import { withinTime, type VectorsContext } from '../context.ts';
import type { Collection, NewRecord } from '../store.ts';
import { readFilter } from './records.ts';

interface WriteArguments extends CollectionArguments {
  readonly version?: number | null;
}

interface RecordInput {
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
    const ref = readRef(args);
    const records = readRecords(args.records, context.limits);
    return withinTime(context, null, async (call) => {
      await requireCollection(context.store, ref, call, (found) =>
        checkRecords(records, found, context.limits),
      );
      const version = args.version ?? null;
      return { upsertedCount: await context.store.upsert({ ...ref, records, version }, call) };
    });
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
    const ref = readRef(args);
    const keys = args.keys ? [...new Set(readKeys(args.keys, context.limits))] : null;
    if ((keys === null) === ((args.filter ?? null) === null)) {
      throw errors.badRequest(
        'keys',
        `deleteVectors needs exactly one of keys and filter; got ${keys ? 'both' : 'none'}.`,
      );
    }
    return withinTime(context, null, async (call) => {
      const filter = await readFilter(args.filter, ref, context, call);
      if (!keys && !filter)
        throw errors.invalidFilter('filter', 'a filter with a condition, in a deletion', {});
      const target = filter ? { filter } : { keys: keys! };
      const write = { ...ref, target, version: args.version ?? null };
      return { deletedCount: await context.store.delete(write, call) };
    });
  },
};

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
