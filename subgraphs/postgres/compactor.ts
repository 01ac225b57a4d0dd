import { startCall } from '../call.ts';
import type { Logger } from '../logger.ts';
import type { Database } from './database.ts';
import { compactStatement } from './sql/changes.ts';

/** Makes one row of many in quiver.changes, beside everything else and for one table at a time. */
export interface Compactor {
  /** A write to the table has been committed. */
  written(table: string): void;
  /** The table has so many rows. */
  seen(table: string, rowCount: number): void;
  /** When what was under way is done. */
  close(): Promise<void>;
}

/** Up to here a read takes hardly longer than of one row. */
const rowsMax = 100;
const tablesMax = 10_000;
const timeoutMs = 10_000;
const pauseMs = 60_000;

export function createCompactor(options: {
  readonly database: Database;
  readonly pod: string;
  readonly logger: Logger;
}): Compactor {
  const { database, pod, logger } = options;
  const writes = new Map<string, number>();
  let underWay: Promise<void> | null = null;
  let pausedUntil = 0;

  /** Never rejects: who cannot, such as a session that may only read, leaves it to others for now. */
  async function compact(table: string): Promise<void> {
    const call = startCall({ timeoutMs, requestId: 'compact' });
    try {
      await database.query(compactStatement(table), call);
    } catch (error) {
      pausedUntil = Date.now() + pauseMs;
      logger.warn({ pod, table, err: error }, 'the counts of writes cannot be compacted');
    } finally {
      call.end();
    }
  }

  function start(table: string): void {
    if (underWay || Date.now() < pausedUntil) return;
    underWay = compact(table).finally(() => (underWay = null));
  }

  return {
    written(table) {
      const count = (writes.get(table) ?? 0) + 1;
      if (writes.size >= tablesMax) writes.clear();
      if (count < rowsMax) {
        writes.set(table, count);
      } else {
        writes.delete(table);
        start(table);
      }
    },
    seen(table, rowCount) {
      if (rowCount > rowsMax) start(table);
    },
    async close() {
      pausedUntil = Infinity;
      await underWay;
    },
  };
}
