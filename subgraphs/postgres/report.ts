import type { ElementType, Metric } from '../../schema/metric.ts';
import type { Placement } from '../../schema/placement.ts';
import type { Call } from '../call.ts';
import type { PodFacts, PodReport, TableFacts } from '../report.ts';
import type { CollectionRef } from '../store.ts';
import { settingOf, type Catalogue } from './catalogue.ts';
import type { Context } from './context.ts';
import { toIndexes, type IndexRow } from './rows.ts';
import { quoteIdentifier } from './sql/identifier.ts';
import { factsStatement, tablesStatement } from './sql/report.ts';

/** From the catalog alone: nothing that a search needs is touched, and no right is needed. */
export async function reportPod(
  { database, pod, catalogue }: Context,
  call: Call,
): Promise<PodReport> {
  const askedAt = Date.now();
  const [facts] = await database.query<Omit<PodFacts, 'tables' | 'clockTookMs'>>(
    factsStatement,
    call,
  );
  const clockTookMs = Date.now() - askedAt;
  const rows = await database.query<TableRow>(tablesStatement(catalogue), call);
  const tables = rows.map((row) => toTableFacts(row, catalogue));
  return { pod, error: null, facts: { ...facts!, clockTookMs, tables } };
}

interface TableRow extends CollectionRef {
  /** null: there is no such table. */
  readonly schema: string | null;
  readonly table: string;
  readonly idColumn: string;
  readonly idType: string;
  readonly problem: string | null;
  readonly dimension: number | null;
  readonly elementType: ElementType | null;
  readonly rowsEstimate: number | null;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  readonly keysOrdered: boolean;
  readonly indexes: readonly IndexRow[] | null;
  readonly placement: Placement | null;
  readonly placedDimension: number | null;
  readonly placedElementType: ElementType | null;
  readonly metric: Metric | null;
}

function toTableFacts(row: TableRow, catalogue: Catalogue): TableFacts {
  if (row.schema === null) return absent(row);
  const { bucket, collection, idType, dimension, canRead, canWrite, keysOrdered } = row;
  const id = quoteIdentifier(row.idColumn);
  // Where a dropped collection's table stands again, somebody else has made it.
  const placement = row.placement?.state === 'dropped' ? null : row.placement;
  return {
    bucket,
    collection,
    table: `${quoteIdentifier(row.schema)}.${quoteIdentifier(row.table)}`,
    key: idType === 'varchar' || idType === 'text' ? id : `(${id}::text)`,
    dimension: dimension !== null && dimension > 0 ? dimension : null,
    elementType: row.elementType,
    metric: placement ? row.metric : (settingOf(catalogue, row)?.metric ?? null),
    rowsEstimate: row.rowsEstimate ?? 0,
    canRead,
    canWrite,
    keysOrdered,
    indexes: toIndexes(row.indexes ?? []),
    placement,
    problem: problemOf(row, placement),
  };
}

/** All that is left of a collection: deleted, as it should be, or lost. */
const absent = ({ bucket, collection, placement, metric }: TableRow): TableFacts => ({
  bucket,
  collection,
  table: `${quoteIdentifier(bucket)}.${quoteIdentifier(collection)}`,
  key: '"id"',
  dimension: null,
  elementType: null,
  metric,
  rowsEstimate: 0,
  canRead: false,
  canWrite: false,
  keysOrdered: false,
  indexes: [],
  placement,
  problem: placement?.state === 'dropped' ? null : 'Its table must be there; it is not.',
});

/** What keeps it from being served, whoever asks. */
function problemOf(row: TableRow, placement: Placement | null): string | null {
  const { dimension, elementType, placedDimension, placedElementType } = row;
  if (row.problem !== null) return `Its table cannot be served: ${row.problem}.`;
  if (!placement || (dimension === placedDimension && elementType === placedElementType)) {
    return null;
  }
  return `Its placement says ${placedElementType} vectors of ${placedDimension} dimensions; the table has ${elementType} vectors of ${dimension}.`;
}
