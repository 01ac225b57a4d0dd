import type { TypedCollection, TypedCollections, TypedField } from '../schema/typed/model.ts';
import type { TableMapping } from '../subgraphs/postgres/table.ts';
import type { CollectionConfig } from './config.ts';

/** Fields that no column of a mapped table can hold, or not the one that they name; a line each. */
export const unstoredFields = (
  { collections }: TypedCollections,
  configured: readonly CollectionConfig[],
): readonly string[] =>
  collections.flatMap((typed) => {
    const mapping = mappingOf(typed, configured);
    if (!mapping) return [];
    return typed.fields
      .filter(({ key }) => !mapping.columns.includes(key))
      .flatMap((field) => problemOf(typed, field, mapping));
  });

const mappingOf = (
  { bucket, collection }: TypedCollection,
  configured: readonly CollectionConfig[],
): TableMapping | null =>
  configured.find((one) => one.bucket === bucket && one.collection === collection)?.mapping ?? null;

/** Where there is a column for all metadata, only a column that was named is missed. */
function problemOf(
  { type, collection }: TypedCollection,
  { name, key, isColumn, place: { file, line } }: TypedField,
  { metadata, columns }: TableMapping,
): readonly string[] {
  if (metadata !== null && !isColumn) return [];
  const known = columns.length > 0 ? columns.join(', ') : 'none';
  const instead = metadata === null ? '' : `; it is read from "${metadata}"`;
  return [
    `${file}:${line} ${type}.${name} must name one of the columns that the configuration maps for "${collection}" (${known}); got ${key}${instead}`,
  ];
}
