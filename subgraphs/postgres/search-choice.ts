import type { Filter } from '../../schema/filter.ts';
import { indexedValuesMax } from './filter-sql.ts';
import type { Known } from './known.ts';
import { quoteIdentifier } from './sql/identifier.ts';
import type { Table } from './table.ts';

/** What a shard needs to choose, by itself and for one filter, between its index and an exact scan. */
export interface Choice {
  /** The same for searches that choose alike. */
  readonly key: string;
  /** Places in the table, as a tid[]: what is there is looked at first. */
  readonly sample: string;
  /** With a larger share of matches in the sample nothing more is counted: the index. */
  readonly shareMax: number;
  /** Up to so many matches are scanned exactly. */
  readonly matchesMax: number;
  /** How many rows the index may visit before an exact scan would have been quicker. */
  readonly visitsMax: number;
}

/**
 * To find n of m matches among r rows an index visits about n * r / m rows, each at the price of
 * 16 rows that a filter looks at; matches that are scanned exactly cost 2 each. With an index on
 * the metadata an exact scan is of the matches alone, without one it looks at every row. Near the
 * break-even both ways cost the same, so that the sample, which errs, may decide beyond it.
 */
export function choiceFor(
  filter: Filter,
  { table, rowsEstimate, sample }: Pick<Known, 'table' | 'rowsEstimate' | 'sample'>,
  rowsMax: number,
): Choice {
  const rows = Number.isFinite(rowsEstimate) ? rowsEstimate : unknownRows;
  const breakEven =
    isColumn(table) && isIndexed(filter) ? Math.sqrt(8 * rows * rowsMax) : 16 * rowsMax;
  const matchesMax = Math.min(matchesLimit, roundToPower(1.5 * breakEven));
  const visitsMax = Math.min(visitsLimit, Math.ceil((2 * rowsMax * rows) / matchesMax));
  return {
    key: `${matchesMax} ${JSON.stringify(filter)}`,
    sample,
    shareMax: matchesMax / rows,
    matchesMax,
    visitsMax,
  };
}

/** It stands in the statement's text, which must stay the same while the table grows. */
const roundToPower = (count: number): number => 2 ** Math.round(Math.log2(count));

/** Nobody has counted the table yet. */
const unknownRows = 100_000;
/** Of matches that are held in memory: half a megabyte. */
const matchesLimit = 65_536;
/** What pgvector allows when nothing is set. */
const visitsLimit = 20_000;

/** Not put together of columns: an index can be on it, and `vecs` and Quiver make one. */
const isColumn = ({ metadata, mapping }: Table): boolean =>
  mapping.metadata !== null && metadata === `t.${quoteIdentifier(mapping.metadata)}`;

/** Whether an index on the metadata finds the matches, as `filterSql` writes the filter. */
function isIndexed(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.some(isIndexed);
    case 'or':
      return filter.parts.every(isIndexed);
    case 'eq':
    case 'contains':
      return true;
    case 'in':
      return filter.values.length <= indexedValuesMax;
    case 'any':
      return isIndexed(filter.part);
    default:
      return false;
  }
}

/** Until the collection is looked at anew, other searches with this filter need not count again. */
export function rememberChoice({ choices }: Known, { key }: Choice, few: boolean): void {
  if (key.length > keyLengthMax) return;
  if (choices.size >= choicesMax) choices.clear();
  choices.set(key, few);
}

const keyLengthMax = 1_000;
const choicesMax = 1_000;
