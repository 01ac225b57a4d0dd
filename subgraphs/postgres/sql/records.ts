import type { Filter } from '../../../schema/filter.ts';
import { slotCount } from '../../../schema/key.ts';
import type { FetchQuery, ScanQuery, Selection } from '../../store.ts';
import type { CollectionRef } from '../../store.ts';
import type { Statement } from '../database.ts';
import { filterSql } from '../filter-sql.ts';
import { tableOf } from './identifier.ts';
import { createParameters, type Parameters } from './parameters.ts';

/** What is selected of the columns of `t`, with a comma before each. */
export function selectedText({ metadata, vector }: Selection, { add }: Parameters): string {
  const texts: string[] = [];
  if (metadata === 'all') texts.push(', t.metadata');
  else if (metadata !== 'none') texts.push(`, ${someMetadata(add(metadata))} as metadata`);
  // The cast is for halfvec; a vector stays what it is.
  if (vector) texts.push(', vector_send(t.vec::vector) as vector');
  return texts.join('');
}

export function fetchStatement(query: FetchQuery): Statement {
  const parameters = createParameters(query.keys);
  return {
    text: `
      select t.id as key ${selectedText(query.select, parameters)}
      from ${tableOf(query)} t where t.id = any ($1::text[])`,
    values: parameters.values,
    reused: true,
  };
}

/** One row more than the page, to know whether there are more. */
export function scanStatement(query: ScanQuery): Statement {
  const parameters = createParameters();
  const { add } = parameters;
  const { index, of } = query.segment;
  const conditions = [
    ...(query.after === null ? [] : [`t.id collate "C" > ${add(query.after)}::text`]),
    ...(of === 1 ? [] : [`${slotText} % ${add(of)} = ${add(index)}`]),
    ...(query.filter ? [filterSql(query.filter, add)] : []),
  ];
  return {
    text: `
      select t.id as key ${selectedText(query.select, parameters)}
      from ${tableOf(query)} t ${where(conditions)}
      order by t.id collate "C" limit ${add(query.limit + 1)}`,
    values: parameters.values,
  };
}

export function countStatement(ref: CollectionRef, filter: Filter | null): Statement {
  const { values, add } = createParameters();
  return {
    text: `select count(*) as count from ${tableOf(ref)} t ${where(filter ? [filterSql(filter, add)] : [])}`,
    values,
  };
}

const where = (conditions: readonly string[]): string =>
  conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';

const someMetadata = (keys: string): string => `
  (select coalesce(jsonb_object_agg(chosen, t.metadata -> chosen), '{}')
    from unnest(${keys}::text[]) chosen where t.metadata ? chosen)`;

/** `slotOf` of schema/key.ts. */
const slotText = `(((get_byte(decode(md5(t.id), 'hex'), 0) << 8)
  | get_byte(decode(md5(t.id), 'hex'), 1)) & ${slotCount - 1})`;
