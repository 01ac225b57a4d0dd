import type { Filter } from '../../../schema/filter.ts';
import type { FetchQuery, ScanQuery, Selection } from '../../store.ts';
import type { Statement } from '../database.ts';
import { filterSql } from '../filter-sql.ts';
import { keyIn } from '../ids.ts';
import type { Table } from '../table.ts';
import { createParameters, type Parameters } from './parameters.ts';
import { orderSql } from './scan-order.ts';
import { slotText } from './slots.ts';

/** What is selected, as SQL; null where it is not. */
export function selectedColumns(
  { metadata, vector }: Selection,
  from: Pick<Table, 'metadata' | 'vector' | 'pgvector'>,
  { add }: Parameters,
): { readonly metadata: string | null; readonly vector: string | null } {
  const chosen = (): string | null => {
    if (metadata === 'none') return null;
    return metadata === 'all' ? from.metadata : someMetadata(from.metadata, add(metadata));
  };
  return { metadata: chosen(), vector: vector ? from.pgvector.bytesOf(from.vector) : null };
}

/** What is selected of the columns of `t`, with a comma before each. */
function selectedText(selection: Selection, table: Table, parameters: Parameters): string {
  const { metadata, vector } = selectedColumns(selection, table, parameters);
  return `${metadata ? `, ${metadata} as metadata` : ''} ${vector ? `, ${vector} as vector` : ''}`;
}

export function fetchStatement(table: Table, query: FetchQuery): Statement {
  const parameters = createParameters();
  const condition = keyIn(table, query.keys, parameters);
  return {
    text: `
      select ${keyText(table)} as key ${selectedText(query.select, table, parameters)}
      from ${table.name} t where ${condition}`,
    values: parameters.values,
    reused: true,
  };
}

/** Of one type and collation, whatever the column is altered to: see `Statement.reused`. */
const keyText = ({ key }: Table): string => `(${key})::text collate "C"`;

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

const someMetadata = (metadata: string, keys: string): string => `
  (select coalesce(jsonb_object_agg(chosen, ${metadata} -> chosen), '{}')
    from unnest(${keys}::text[]) chosen where ${metadata} ? chosen)`;
