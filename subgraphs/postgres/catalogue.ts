import type { Metric } from '../../schema/metric.ts';
import type { CollectionRef } from '../store.ts';
import type { Pgvector } from './sql/pgvector.ts';
import type { TableMapping } from './table.ts';

/** What the configuration says of a collection whose table Quiver did not make. */
export interface CollectionSetting extends CollectionRef {
  /** null: its indexes tell. */
  readonly metric: Metric | null;
  /** null: a table as `vecs` makes them. */
  readonly mapping: TableMapping | null;
}

/** What there is to serve in a database: found when it is opened, together with the configuration. */
export interface Catalogue {
  readonly pgvector: Pgvector;
  /** What this database calls the type `vector`. */
  readonly vectorOid: number;
  /** What `hnsw.ef_search` is where no search sets it. */
  readonly efSearch: number;
  /** Quiver's own tables are there. Without them the role could not make them: nothing is placed. */
  readonly prepared: boolean;
  /** Those that count the writes of tables are there too. */
  readonly counting: boolean;
  readonly collections: readonly CollectionSetting[];
}

export const settingOf = (
  { collections }: Catalogue,
  { bucket, collection }: CollectionRef,
): CollectionSetting | undefined =>
  collections.find((setting) => setting.bucket === bucket && setting.collection === collection);
