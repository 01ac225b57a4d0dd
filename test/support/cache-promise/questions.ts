import { parseFilter } from '../../../schema/filter-parser.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import type { CollectionRef, SearchQuery, Selection } from '../../../subgraphs/store.ts';
import { searchIn } from '../store-calls.ts';

/** A search that comes again and again, as a gateway is asked and as the model understands it. */
export interface Question {
  /** Where on the line it is asked from. */
  readonly from: number;
  readonly limit: number;
  /** What a match may be; null: anything. */
  readonly groups: readonly string[] | null;
  readonly filter: unknown;
  readonly select: Selection;
}

const everything: Question = {
  from: 0,
  limit: 100,
  groups: null,
  filter: null,
  select: { metadata: 'all', vector: false },
};
const some: Question = {
  ...everything,
  groups: ['a', 'b'],
  filter: { group: { $in: ['a', 'b'] } },
};
const versions: Selection = { metadata: ['version'], vector: false };

/** Hot ones first; some mean the same, and some differ in one thing from another. */
export const questions: readonly Question[] = [
  everything,
  everything,
  { ...everything, limit: 5 },
  { ...everything, limit: 5, from: 64, select: { metadata: 'none', vector: false } },
  { ...everything, limit: 3, select: { metadata: 'all', vector: true } },
  some,
  { ...some, filter: { $or: [{ group: 'b' }, { group: { $eq: 'a' } }] } },
  { ...some, limit: 4, filter: { $not: { $not: { group: { $in: ['b', 'a', 'b'] } } } } },
  { ...some, limit: 4, select: versions },
  { ...everything, groups: ['c'], filter: { group: 'c' }, select: versions },
];

export const queryFor = (
  { bucket, collection }: CollectionRef,
  { from, limit, filter, select }: Question,
): SearchQuery =>
  searchIn(bucket, collection, {
    vector: Float32Array.of(from, 0),
    metric: 'L1',
    limit,
    filter: parseFilter(filter, { argument: 'filter', limits: defaultLimits }),
    select,
    cache: true,
  });
