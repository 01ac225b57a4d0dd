import type { Filter } from '../../schema/filter.ts';
import { indexedValuesMax } from './filter-sql.ts';
import { quoteIdentifier } from './sql/identifier.ts';
import type { Table } from './table.ts';

/** What a shard needs to choose, by itself and for one filter, between its index and an exact scan. */
export interface Choice {
  /** The share of the table's pages that is looked at first. */
  readonly samplePercent: number;
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
  { table, rowsEstimate, rowsMax }: { table: Table; rowsEstimate: number; rowsMax: number },
): Choice {
  const rows = Number.isFinite(rowsEstimate) ? rowsEstimate : unknownRows;
  const breakEven =
    isColumn(table) && isIndexed(filter) ? Math.sqrt(8 * rows * rowsMax) : 16 * rowsMax;
  const matchesMax = Math.min(matchesLimit, roundToPower(1.5 * breakEven));
  const visitsMax = Math.min(visitsLimit, Math.ceil((2 * rowsMax * rows) / matchesMax));
  return {
    samplePercent: Math.min(100, (100 * Math.min(sampleRowsMax, Math.sqrt(rows))) / rows),
    shareMax: matchesMax / rows,
    matchesMax,
    visitsMax,
  };
}

/** It stands in the statement's text, which must stay the same while the table grows. */
const roundToPower = (count: number): number => 2 ** Math.round(Math.log2(count));

/** Nobody has counted the table yet. */
const unknownRows = 100_000;
const sampleRowsMax = 1_000;
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
