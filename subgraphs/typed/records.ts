import type { GraphQLResolveInfo } from 'graphql';
import type { JsonObject } from '../../schema/filter.ts';
import { checkKey } from '../../schema/names.ts';
import type { NestedType, TypedField } from '../../schema/typed/model.ts';
import { readId } from '../arguments.ts';
import type { VectorsContext } from '../context.ts';
import { loadRecord, metadataOf, vectorOf, type RecordSource } from '../resolvers/records.ts';
import { search, type WindowArguments } from '../resolvers/search.ts';
import { recordSelection } from '../selection.ts';
import { filterReaderOf } from './filter-reader.ts';
import type { CollectionBinding } from './binding.ts';
import { readStored, type NestedSource, type StoredIn } from './values.ts';

/** The type of a collection's records, which other subgraphs name by their ids. */
export const recordTypeOf = (binding: CollectionBinding) => ({
  ...Object.fromEntries(
    binding.collection.fields.map((field) => [
      field.name,
      recordField(binding.collection.type, field),
    ]),
  ),
  id: ({ key }: RecordSource) => key,
  vector: vectorOf,
  metadata: metadataOf,
  similar: (
    { key }: RecordSource,
    args: WindowArguments,
    context: VectorsContext,
    info: GraphQLResolveInfo,
  ) => {
    const request = {
      ref: binding.ref,
      near: { kind: 'key', key } as const,
      readFilter: filterReaderOf(args.filter, binding, context),
      select: recordSelection(info, ['matches', 'record'], binding.shape),
    };
    return search(request, args, context);
  },
  // Async, since a throw would cost all entities of the request.
  async __resolveReference(
    { id }: { readonly id?: unknown },
    context: VectorsContext,
    info: GraphQLResolveInfo,
  ) {
    const key = checkKey(readId(id, 'id'), 'id', context.limits);
    return loadRecord(binding.ref, key, context.entitySelection(info, binding.shape), context);
  },
});

/** The type of an object inside of the metadata. */
export const nestedTypeOf = ({ name, fields }: NestedType) =>
  Object.fromEntries(
    fields.map((field) => [
      field.name,
      ({ record, value }: NestedSource) => fieldOf(value, name, field, record),
    ]),
  );

const recordField = (type: string, field: TypedField) => (record: RecordSource) =>
  fieldOf(record.metadata ?? {}, type, field, record);

const fieldOf = (
  object: JsonObject,
  type: string,
  { name, key, type: fieldType }: TypedField,
  record: StoredIn,
): unknown =>
  readStored(
    Object.hasOwn(object, key) ? object[key] : undefined,
    fieldType,
    `${type}.${name}`,
    record,
  );
