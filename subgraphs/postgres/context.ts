import type { Limits } from '../../schema/limits.ts';
import type { Logger } from '../logger.ts';
import type { Catalogue } from './catalogue.ts';
import type { Compactor } from './compactor.ts';
import type { Database } from './database.ts';
import type { Memory } from './known.ts';

/** What every operation of one `PostgresStore` works with; made once, when it is opened. */
export interface Context {
  readonly database: Database;
  readonly pod: string;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly memory: Memory;
  readonly compactor: Compactor;
  readonly catalogue: Catalogue;
  /** Indexes that this store is building, by name. */
  readonly builds: Map<string, Promise<void>>;
}
