import { stepsOf, type ScanOrder, type ScanPosition, type ValueOrder } from '../../scan-order.ts';
import { at, textIn } from '../filter-sql.ts';
import type { Table } from '../table.ts';
import type { Parameters } from './parameters.ts';

/** The parts that an order has in the statement of a scan, about the table `t`. */
export interface OrderSql {
  /** What the values are called that it is by: a row `o` beside each of `t`. */
  readonly from: string;
  /** The values of a row, with a comma before. */
  readonly selected: string;
  readonly by: string;
  /** The condition of those rows that come after the position. */
  readonly after: (position: ScanPosition) => string;
}

export function orderSql(
  table: Table,
  orderBy: readonly ScanOrder[],
  add: Parameters['add'],
): OrderSql {
  const { values, key } = stepsOf(orderBy);
  const keyText = `${table.key} collate "C"`;
  const columns = values.map((_, i) => `o.v${i}`);
  const made = values.map((order, i) => `${valueSql(order, table, add)} as v${i}`);
  const steps = values.map(({ direction }, i) => `${columns[i]} ${word(direction)} nulls last`);

  /** Of the steps from `i` on. A row whose value is null is after all those that have one. */
  function after(position: ScanPosition, i: number): string {
    const step = values[i];
    if (!step) return `${keyText} ${sign(key)} ${add(position.key)}::text`;
    const [column, value] = [columns[i], position.values[i]];
    if (value === null) return `(${column} is null and ${after(position, i + 1)})`;
    const place = `${add(value)}::${kinds[step.type].name}`;
    return `(${column} ${sign(step.direction)} ${place} or ${column} is null
      or (${column} = ${place} and ${after(position, i + 1)}))`;
  }

  return {
    from: made.length > 0 ? `cross join lateral (select ${made.join(', ')}) o` : '',
    selected: made.length > 0 ? `, jsonb_build_array(${columns.join(', ')}) as position` : '',
    by: [...steps, key === 'ASC' ? keyText : `${keyText} desc`].join(', '),
    after: (position) => after(position, 0),
  };
}

const word = (direction: ValueOrder['direction']): string =>
  direction === 'DESC' ? 'desc' : 'asc';

const sign = (direction: ValueOrder['direction']): string => (direction === 'DESC' ? '<' : '>');

/** The value of the type, or null. */
function valueSql({ type, path }: ValueOrder, table: Table, add: Parameters['add']): string {
  const found = at(path, { ...table, add });
  const { json, read } = kinds[type];
  return `(case jsonb_typeof(${found}) when '${json}' then ${read(found)} end)`;
}

/** What each type is called in jsonb and in SQL, and how the one is made of the other. */
const kinds = {
  text: {
    json: 'string',
    name: 'text',
    read: textIn,
  },
  boolean: { json: 'boolean', name: 'boolean', read: (found: string) => `${found}::boolean` },
  // jsonb has numbers that are too large, or too small, for a double: the cast would fail.
  number: {
    json: 'number',
    name: 'float8',
    read: (found: string) => `(case when abs(${found}::numeric) < ${Number.MIN_VALUE} then 0
      else least(greatest(${found}::numeric, -${Number.MAX_VALUE}), ${Number.MAX_VALUE}) end)::float8`,
  },
} as const;
