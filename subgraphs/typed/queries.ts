import type { GraphQLResolveInfo } from 'graphql';
import { checkKey } from '../../schema/names.ts';
import type { FieldScalar, TypedCollection } from '../../schema/typed/model.ts';
import { searchFieldOf } from '../../schema/typed/names.ts';
import type { VectorsContext } from '../context.ts';
import { checkOrderCount } from '../resolvers/orders.ts';
import { count, loadRecord, scan } from '../resolvers/records.ts';
import { readNear, search, type Near, type WindowArguments } from '../resolvers/search.ts';
import type { OrderDirection, OrderType, ScanOrder } from '../scan-order.ts';
import { pageSelection, recordSelection } from '../selection.ts';
import { filterReaderOf } from './filter-reader.ts';
import type { CollectionBinding } from './binding.ts';

interface OrderInput {
  readonly field: string;
  readonly direction?: OrderDirection | null;
}

interface PageArguments {
  readonly filter?: unknown;
  readonly orderBy?: readonly OrderInput[] | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

type SearchArguments = WindowArguments & { readonly near: Near };

/** The root fields that read one collection. */
export function queriesOf(binding: CollectionBinding) {
  const { collection, ref, shape } = binding;
  return {
    [collection.one]: async (
      _: unknown,
      { id }: { readonly id: string },
      context: VectorsContext,
      info: GraphQLResolveInfo,
    ) => {
      checkKey(id, 'id', context.limits);
      return loadRecord(ref, id, recordSelection(info, [], shape), context);
    },

    [collection.many]: async (
      _: unknown,
      args: PageArguments,
      context: VectorsContext,
      info: GraphQLResolveInfo,
    ) => {
      const readFilter = filterReaderOf(args.filter, binding, context);
      checkOrderCount(args.orderBy ?? [], context.limits);
      const orderBy = (args.orderBy ?? []).map((order) => orderOf(order, collection));
      const segment = { index: 0, of: 1 };
      const select = pageSelection(info, shape);
      const page = await scan({ ref, readFilter, orderBy, segment, select }, args, context);
      // graphql-js calls it when the field is selected.
      return { ...page, totalCount: () => count(ref, readFilter, context) };
    },

    [searchFieldOf(collection)]: (
      _: unknown,
      args: SearchArguments,
      context: VectorsContext,
      info: GraphQLResolveInfo,
    ) => {
      const request = {
        ref,
        near: readNear(args.near, context.limits),
        readFilter: filterReaderOf(args.filter, binding, context),
        select: recordSelection(info, ['matches', 'record'], shape),
      };
      return search(request, args, context);
    },
  };
}

const orderTypes: Readonly<Record<FieldScalar, OrderType>> = {
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  String: 'text',
  ID: 'text',
  DateTime: 'text',
};

/** The input type lets only `id` and fields of a scalar through. */
function orderOf({ field, direction }: OrderInput, { fields }: TypedCollection): ScanOrder {
  const by = { direction: direction ?? 'ASC' } as const;
  const found = fields.find(({ name }) => name === field);
  if (found?.type.kind !== 'scalar') return { type: 'key', ...by };
  return { type: orderTypes[found.type.scalar], path: [found.key], ...by };
}
