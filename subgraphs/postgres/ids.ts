import type { Parameters } from './sql/parameters.ts';
import type { IdType, Table } from './table.ts';

/** Whether some id of the type has exactly this text: "007" is no bigint's. */
export function isIdText(idType: IdType, key: string): boolean {
  switch (idType) {
    case 'varchar':
    case 'text':
      return true;
    case 'int4':
      return isInteger(key, 32);
    case 'int8':
      return isInteger(key, 64);
    case 'uuid':
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key);
    default:
      return idType satisfies never;
  }
}

/**
 * A condition that the id is one of the keys. It compares ids as the table has them, which its
 * primary key answers; a key that is no id's text is left out.
 */
export const keyIn = (
  { id, idType }: Table,
  keys: readonly string[],
  { add }: Pick<Parameters, 'add'>,
): string => {
  const texts = keys.filter((key) => isIdText(idType, key));
  return `${id} = any (${add(texts)}::${idType === 'varchar' ? 'text' : idType}[])`;
};

const isInteger = (key: string, bits: number): boolean =>
  /^(?:0|-?[1-9]\d{0,18})$/.test(key) && BigInt.asIntN(bits, BigInt(key)) === BigInt(key);
