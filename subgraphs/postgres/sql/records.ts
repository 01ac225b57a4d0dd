import type { Filter } from '../../../schema/filter.ts';
import { slotCount } from '../../../schema/key.ts';
import type { FetchQuery, ScanQuery, Selection } from '../../store.ts';
import type { Statement } from '../database.ts';
import { filterSql } from '../filter-sql.ts';
import { keyIn } from '../ids.ts';
import type { Table } from '../table.ts';
import { createParameters, type Parameters } from './parameters.ts';
import { orderSql } from './scan-order.ts';

/** What is selected of the columns of `t`, with a comma before each. */
export function selectedText(
  { metadata, vector }: Selection,
  from: Table,
  { add }: Parameters,
): string {
  const texts: string[] = [];
  if (metadata === 'all') texts.push(`, ${from.metadata} as metadata`);
  else if (metadata !== 'none')
    texts.push(`, ${someMetadata(from.metadata, add(metadata))} as metadata`);
  if (vector) texts.push(`, ${from.pgvector.bytesOf(from.vector)} as vector`);
  return texts.join('');
}

export function fetchStatement(table: Table, query: FetchQuery): Statement {
  const parameters = createParameters();
  const condition = keyIn(table, query.keys, parameters);
  return {
    text: `
      select ${table.key} as key ${selectedText(query.select, table, parameters)}
      from ${table.name} t where ${condition}`,
    values: parameters.values,
    reused: true,
  };
}

/** One row more than the page, to know whether there are more. */
export function scanStatement(table: Table, query: ScanQuery): Statement {
  const parameters = createParameters();
  const { add } = parameters;
  const { index, of } = query.segment;
  const order = orderSql(table, query.orderBy, add);
  const conditions = [
    ...table.conditions,
    ...(query.after === null ? [] : [order.after(query.after)]),
    ...(of === 1 ? [] : [`${slotText(table.key)} % ${add(of)} = ${add(index)}`]),
    ...(query.filter ? [filterSql(query.filter, { ...table, add })] : []),
  ];
  return {
    text: `
      select ${table.key} as key ${order.selected} ${selectedText(query.select, table, parameters)}
      from ${table.name} t ${order.from} ${where(conditions)}
      order by ${order.by} limit ${add(query.limit + 1)}`,
    values: parameters.values,
  };
}

export function countStatement(table: Table, filter: Filter | null): Statement {
  const { values, add } = createParameters();
  const conditions = [
    ...table.conditions,
    ...(filter ? [filterSql(filter, { ...table, add })] : []),
  ];
  return {
    text: `select count(*) as count from ${table.name} t ${where(conditions)}`,
    values,
  };
}

const where = (conditions: readonly string[]): string =>
  conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';

/** Of these keys alone. */
export const someMetadata = (metadata: string, keys: string): string => `
  (select coalesce(jsonb_object_agg(chosen, ${metadata} -> chosen), '{}')
    from unnest(${keys}::text[]) chosen where ${metadata} ? chosen)`;

/** `slotOf` of schema/key.ts. */
const slotText = (key: string): string => `(((get_byte(decode(md5(${key}), 'hex'), 0) << 8)
  | get_byte(decode(md5(${key}), 'hex'), 1)) & ${slotCount - 1})`;
