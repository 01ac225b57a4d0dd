import type { CollectionSpec } from '../../../subgraphs/store.ts';
import type { TableShape } from '../../../subgraphs/postgres/table.ts';
import { fill, specOf, type OpenPod } from './open-pod.ts';

/** A collection of one record, "a", and what SQL calls its table. */
export async function made(
  pod: OpenPod,
  name: string,
): Promise<{ readonly spec: CollectionSpec; readonly table: string }> {
  const spec = specOf(pod, name);
  await fill(pod, spec, [{ key: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
  // These names need no quotes, and others can be made of them.
  return { spec, table: `${pod.bucket}.${name}` };
}

/** In SQL. */
export const row = (key: string): string => `('${key}', '[1,0,0,0]', '{}')`;

/** What the database says of a table as vecs makes them. */
export const vecsShape: TableShape = {
  idType: 'varchar',
  idUnique: true,
  idNullable: false,
  elementType: 'FLOAT32',
  metadataNullable: false,
  momentColumns: [],
};
