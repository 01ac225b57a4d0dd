import type { CollectionRef, Inspection } from '../../store.ts';
import type { Statement } from '../database.ts';
import { indexesText } from './indexes.ts';
import { tableOf } from './identifier.ts';
import { createParameters } from './parameters.ts';

/** One row with what is wanted of a table. At least one thing must be. */
export function inspectStatement(ref: CollectionRef, what: Inspection): Statement {
  const { values, add } = createParameters();
  const columns = [
    ...(what.count ? [`(select count(*) from ${tableOf(ref)}) as count`] : []),
    ...(what.bytes
      ? [`pg_total_relation_size(${add(tableOf(ref))}::text::regclass) as bytes`]
      : []),
    ...(what.indexes
      ? [`(select json_agg(i) from (${indexesText(add(tableOf(ref)))}) i) as indexes`]
      : []),
  ];
  return { text: `select ${columns.join(', ')}`, values };
}
