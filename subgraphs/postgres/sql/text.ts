import type { CollectionRef } from '../../store.ts';

/** The only way for a name into the text of a statement. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const tableOf = ({ bucket, collection }: CollectionRef): string =>
  `${quoteIdentifier(bucket)}.${quoteIdentifier(collection)}`;

/** The values of one statement; `add` gives the place of a value in its text. */
export interface Parameters {
  readonly values: readonly unknown[];
  add(value: unknown): string;
}

export function createParameters(...first: readonly unknown[]): Parameters {
  const values = [...first];
  return { values, add: (value) => `$${values.push(value)}` };
}
