import type { ElementType, Metric } from '../../../schema/metric.ts';
import type { SearchQuery } from '../../store.ts';
import type { Statement } from '../database.ts';
import { filterSql } from '../filter-sql.ts';
import type { SearchPlan } from '../search-plan.ts';
import type { Table } from '../table.ts';
import { vectorBytes } from '../vector-bytes.ts';
import { selectedText } from './records.ts';
import { createParameters, type Parameters } from './parameters.ts';

/**
 * The nearest `rowsMax` rows, each beside the placement that the pod has now; without any match one
 * row with the placement alone. Ties at the end are decided by the key, hence by no accident.
 */
export function searchStatement(
  query: SearchQuery,
  { settings, plan }: SearchPlan,
  { table, elementType, rowsMax }: { table: Table; elementType: ElementType; rowsMax: number },
): Statement {
  const parameters = createParameters(query.bucket, query.collection, vectorBytes(query.vector));
  const { add } = parameters;
  const near = elementType === 'FLOAT16' ? '$3::vector::halfvec' : '$3::vector';
  const distance = `(${table.vector} ${operators[query.metric]} ${near})`;
  const conditions = [
    ...settingsText(settings, parameters),
    // It would come first and is no match. The other infinity and NaN come last by themselves.
    ...(query.metric === 'INNER_PRODUCT' ? [`${distance} <> '-Infinity'`] : []),
    ...(query.filter ? [filterSql(query.filter, { metadata: table.metadata, add })] : []),
  ];
  return {
    text: `
      select p.version, p.state, t.id as key, t.distance ${selectedText(query.select, selected, parameters)}
      from quiver.placement p
      left join (
        select ${table.key} as id, ${distance} as distance ${innerColumns(query, table)}
        from ${table.name} t
        ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
        -- No index can give the order of a sum: this is how an exact scan is asked for.
        order by ${plan === 'EXACT' ? `${distance} + 0` : distance}, ${table.key} collate "C"
        -- In the text: for a limit it does not know, the planner never keeps a plan (0.15 ms a search).
        limit ${Math.trunc(rowsMax)}
      ) t on true
      where p.bucket = $1 and p.collection = $2`,
    values: parameters.values,
    // The shapes of filters are without number.
    reused: query.filter === null,
  };
}

/** What the inner query calls them. */
const selected = { metadata: 't.metadata', vector: 't.vec' };

const operators = {
  COSINE: '<=>',
  L2: '<->',
  INNER_PRODUCT: '<#>',
  L1: '<+>',
} as const satisfies Record<Metric, string>;

/** Only where they stand here, in a condition of their own, are they set before the scan begins. */
function settingsText(settings: SearchPlan['settings'], { add }: Parameters): string[] {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${add(name)}, ${add(value)}, true)`,
  );
  return calls.length > 0 ? [`(select ${calls.join(' || ')}) is not null`] : [];
}

const innerColumns = ({ select }: SearchQuery, { metadata, vector }: Table): string =>
  `${select.metadata === 'none' ? '' : `, ${metadata} as metadata`}${select.vector ? `, ${vector} as vec` : ''}`;
