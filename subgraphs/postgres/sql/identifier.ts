import type { CollectionRef } from '../../store.ts';

/** The only way for a name into the text of a statement. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const tableOf = ({ bucket, collection }: CollectionRef): string =>
  `${quoteIdentifier(bucket)}.${quoteIdentifier(collection)}`;
