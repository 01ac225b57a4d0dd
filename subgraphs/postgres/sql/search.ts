import type { SearchQuery, Selection } from '../../store.ts';
import type { Statement } from '../database.ts';
import { filterSql } from '../filter-sql.ts';
import type { Choice } from '../search-choice.ts';
import { isFiltered, type SearchPlan } from '../search-plan.ts';
import type { Table } from '../table.ts';
import { vectorBytes } from '../vector-bytes.ts';
import { changeText } from './changes.ts';
import { selectedColumns } from './records.ts';
import { createParameters, type Parameters } from './parameters.ts';
import { inSlots } from './slots.ts';

/**
 * The nearest `rowsMax` rows in columns of JSON, beside the placement that the pod has now; without
 * any match the columns are null. One row for up to 100 matches, and not one for each, spares Node
 * much of what a search costs it. Ties at the end are decided by the key, hence by no accident.
 * With `counting` there is the change of the table too, as `changeText` has it. `few` is what the
 * shard chose by: the matches were few enough to be scanned; null without a choice.
 */
export function searchStatement(
  query: SearchQuery,
  plan: SearchPlan,
  { table, rowsMax, counting }: { table: Table; rowsMax: number; counting: boolean },
): Statement {
  const parameters = createParameters(query.bucket, query.collection, vectorBytes(query.vector));
  const parts = partsOf(query, { table, rowsMax, parameters });
  const { before, few, rows } = waysText(plan, parts);
  const change = counting ? `, (${changeText(parameters.add(table.name))}) as change` : '';
  return {
    text: `
      ${before}
      select p.version, p.state, ${few} as few${change}, c.*
      from (${table.standing.placement}) p left join (
        select json_agg(t.id) as keys, json_agg(t.distance) as distances
          ${columnsText(query.select, table, parameters)}
        from ${rowsMax > batchRows ? inBatches(rows) : `(${rows}) t`}
      ) c on true`,
    values: parameters.values,
    reused: true,
    varied: isFiltered(query),
  };
}

/**
 * A row for every so many matches: all their metadata is one text, and in tables that are not ours a
 * record may have megabytes of it. Node has no texts beyond 512 MB, and ends where one comes.
 */
const batchRows = 100;

const inBatches = (rows: string): string => `(
  select r.*, (row_number() over () - 1) / ${batchRows} as batch from (${rows}) r) t
  group by t.batch`;

/** What the inner query selects, and calls so; vectors in base64, in lines. */
function columnsText(selection: Selection, table: Table, parameters: Parameters): string {
  const inner = { ...table, metadata: 't.metadata', vector: 't.vec' };
  const { metadata, vector } = selectedColumns(selection, inner, parameters);
  return `${metadata ? `, json_agg(${metadata}) as metadata` : ''}
    ${vector ? `, json_agg(encode(${vector}, 'base64')) as vectors` : ''}`;
}

interface Parts {
  readonly table: Table;
  readonly rowsMax: number;
  readonly distance: string;
  /** What every match must be, whatever the filter. */
  readonly basic: readonly string[];
  readonly filter: string;
  readonly add: Parameters['add'];
  /** The rows that all conditions hold for, nearest first. */
  exact(...conditions: readonly string[]): string;
  indexed(...conditions: readonly string[]): string;
}

function partsOf(
  query: SearchQuery,
  { table, rowsMax, parameters }: { table: Table; rowsMax: number; parameters: Parameters },
): Parts {
  const { add } = parameters;
  const distance = table.distance(query.metric, '$3');
  // It would come first and is no match. The other infinity and NaN come last by themselves.
  const finite = query.metric === 'INNER_PRODUCT' ? [`${distance} <> '-Infinity'`] : [];
  const basic = [...table.conditions, ...finite];

  const rows = (exact: boolean, conditions: readonly string[]): string => `
    select ${table.key} as id, ${distance} as distance ${innerColumns(query, table)}
    from ${table.name} t where ${[...basic, ...conditions, 'true'].join(' and ')}
    -- No index can give the order of a sum: this is how an exact scan is asked for.
    order by ${exact ? `${distance} + 0` : distance}, ${table.key} collate "C"
    -- In the text: for a limit it does not know, the planner never keeps a plan (0.15 ms a search).
    limit ${Math.trunc(rowsMax)}`;

  return {
    table,
    rowsMax: Math.trunc(rowsMax),
    distance,
    basic,
    filter: filterText(query, table, parameters),
    add,
    exact: (...conditions) => rows(true, conditions),
    indexed: (...conditions) => rows(false, conditions),
  };
}

/**
 * Each value in a query of its own: the planner, which guesses badly by the values, then makes the
 * same plan for all of them, and keeps it.
 */
function filterText(
  { filter, slots = [] }: SearchQuery,
  { metadata, key }: Table,
  { add }: Parameters,
): string {
  const apart: Parameters['add'] = (value) => `(select ${add(value)})`;
  const conditions = [
    ...(filter ? [filterSql(filter, { metadata, add: apart })] : []),
    ...slots.map((set) => inSlots(key, set)),
  ];
  return conditions.length > 0 ? `(${conditions.join(' and ')})` : 'true';
}

/** The rows of a search, and what must stand before the statement to find them. */
interface Ways {
  readonly before: string;
  readonly few: string;
  readonly rows: string;
}

const oneWay = (rows: string): Ways => ({ before: '', few: 'null::boolean', rows });

function waysText(plan: SearchPlan, parts: Parts): Ways {
  if (plan.kind === 'exact') return oneWay(parts.exact(parts.filter));
  const indexed = (...guard: readonly string[]): string =>
    // Hidden from the planner, lest it answers from another index and sorts.
    parts.indexed(
      ...guard,
      ...settingsText(plan.settings, parts),
      `coalesce(${parts.filter}, false)`,
    );
  return plan.choice
    ? chosenText(plan.choice, parts, indexed('(select not yes from few)'))
    : oneWay(indexed());
}

/**
 * Counts what passes the filter, but no farther than it takes to choose, and goes one of the ways.
 * While they are counted few rows are compared too: what is left is to fetch the nearest.
 */
function chosenText(choice: Choice, parts: Parts, indexed: string): Ways {
  const { table, filter, basic, distance, rowsMax, add } = parts;
  const matchesMax = Math.trunc(choice.matchesMax);
  const before = `
    with sample as materialized (
      select count(*) filter (where ${filter}) <= ${add(choice.shareMax)}::float8 * count(*) as few
      from ${table.name} t where t.ctid = any (${add(choice.sample)}::tid[])
    ), probe as materialized (
      select t.ctid, ${table.key} as id, ${distance} as distance
      from ${table.name} t where (select few from sample) and ${[...basic, filter].join(' and ')}
      limit ${matchesMax + 1}
    ), few as materialized (
      select (select few from sample) and count(*) <= ${matchesMax} as yes from probe
    )`;
  // The filter once more: a row of a table that inherits from this one may have the same ctid.
  const exact = parts.exact(
    '(select yes from few)',
    `t.ctid = any (array(
      select ctid from probe order by distance, id collate "C" limit ${rowsMax}))`,
    filter,
  );
  return { before, few: '(select yes from few)', rows: `(${exact}) union all (${indexed})` };
}

/** Only where they stand here, in a condition of their own, are they set before the scan begins. */
function settingsText(settings: Readonly<Record<string, string>>, { add }: Parts): string[] {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${add(name)}, ${add(value)}, true)`,
  );
  return calls.length > 0 ? [`(select ${calls.join(' || ')}) is not null`] : [];
}

const innerColumns = ({ select }: SearchQuery, { metadata, vector }: Table): string =>
  `${select.metadata === 'none' ? '' : `, ${metadata} as metadata`}${select.vector ? `, ${vector} as vec` : ''}`;
