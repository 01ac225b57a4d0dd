import { withArgument } from '../../schema/errors.ts';
import { deleteFieldOf, upsertFieldOf } from '../../schema/typed/names.ts';
import type { VectorsContext } from '../context.ts';
import { deleteRecords, upsert } from '../resolvers/writes.ts';
import { filterReaderOf } from './filter-reader.ts';
import { isGiven } from './filter.ts';
import { toRecordInput, typedPlace, type TypedInput } from './inputs.ts';
import type { CollectionBinding } from './binding.ts';

interface DeleteArguments {
  readonly ids?: readonly string[] | null;
  readonly filter?: unknown;
}

/** The root fields that write to one collection. */
export function mutationsOf(binding: CollectionBinding) {
  const { collection, ref } = binding;
  return {
    [upsertFieldOf(collection)]: (
      _: unknown,
      { records }: { readonly records: readonly TypedInput[] },
      context: VectorsContext,
    ) => {
      const inputs = records.map((record, i) => toRecordInput(record, `records[${i}]`, binding));
      const work = upsert(ref, inputs, context);
      return renamed(work, (argument) => typedPlace(argument, collection.fields));
    },

    [deleteFieldOf(collection)]: (
      _: unknown,
      { ids, filter }: DeleteArguments,
      context: VectorsContext,
    ) => {
      const readFilter = isGiven(filter) ? filterReaderOf(filter, binding, context) : null;
      const work = deleteRecords(ref, { keys: ids, readFilter }, context);
      return renamed(work, (argument) => argument.replace(/^keys/, 'ids'));
    },
  };
}

/** Errors speak of what the contract calls the arguments. */
async function renamed<T>(work: Promise<T>, nameOf: (argument: string) => string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw withArgument(error, nameOf);
  }
}
