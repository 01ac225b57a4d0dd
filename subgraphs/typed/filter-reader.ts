import type { FilterReader } from '../collections.ts';
import type { VectorsContext } from '../context.ts';
import { readTypedFilter } from './filter.ts';
import type { CollectionBinding } from './binding.ts';

/** Of a filter as the collection's own input type has it. */
export const filterReaderOf =
  (
    input: unknown,
    { collection: { fields }, nestedFields }: CollectionBinding,
    { limits }: VectorsContext,
  ): FilterReader =>
  ({ nonFilterableKeys }) =>
    readTypedFilter(
      input,
      { fields, nestedFields },
      { argument: 'filter', limits, nonFilterableKeys },
    );
