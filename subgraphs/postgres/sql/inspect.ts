import type { Inspection } from '../../store.ts';
import type { Statement } from '../database.ts';
import type { Table } from '../table.ts';
import { indexesText } from './indexes.ts';
import { createParameters } from './parameters.ts';
import { countStatement } from './records.ts';

/** One row with what is wanted of a table. At least one thing must be. */
export function inspectStatement(table: Table, what: Inspection): Statement {
  const { values, add } = createParameters();
  const columns = [
    ...(what.count ? [`(${countStatement(table, null).text}) as count`] : []),
    ...(what.bytes ? [`pg_total_relation_size(${add(table.name)}::text::regclass) as bytes`] : []),
    ...(what.indexes
      ? [
          `(select json_agg(i) from (${indexesText(`to_regclass(${add(table.name)})`, add(table.mapping.vector))}) i) as indexes`,
        ]
      : []),
  ];
  return { text: `select ${columns.join(', ')}`, values };
}
