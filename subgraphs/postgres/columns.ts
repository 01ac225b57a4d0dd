import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { JsonObject } from '../../schema/filter.ts';
import type { TableMapping } from './table.ts';

/** Metadata by where the table has a place for it. */
export interface SplitMetadata {
  /** In the column that is metadata as a whole. */
  readonly own: JsonObject;
  /** In plain columns of the same names. */
  readonly columns: JsonObject;
}

/** Refuses a key that has no place; `argument` is where the metadata came from. */
export function splitMetadata(
  { metadata, columns }: TableMapping,
  value: JsonObject,
  argument: string,
): SplitMetadata {
  if (columns.length === 0 && metadata !== null) return { own: value, columns: {} };
  const names = new Set(columns);
  const entries = Object.entries(value);
  const own = entries.filter(([key]) => !names.has(key));
  const [homeless] = own;
  if (homeless && metadata === null) {
    const place = placeIn(argument, homeless[0]);
    const known = columns.length > 0 ? columns.join(', ') : 'none';
    throw errors.badRequest(
      place,
      `${place} must have a column in the table; it has no column for all metadata, and of plain ones ${known}.`,
    );
  }
  return {
    own: Object.fromEntries(own),
    columns: Object.fromEntries(entries.filter(([key]) => names.has(key))),
  };
}
