import { startCall } from '../../subgraphs/call.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import type { Pods } from './pods.ts';
import type { Row } from './settle.ts';

/** Deletes, behind the scenes, the parts of collections that were deleted while their pod was down. */
export interface Sweeper {
  sweep(rows: readonly Row[], requestId: string): void;
  /** Waits for what is being swept. */
  close(): Promise<void>;
}

const sweepMsMax = 5_000;

export function createSweeper(pods: Pods, logger: Logger): Sweeper {
  const sweeping = new Map<string, Promise<void>>();
  let closing = false;

  async function remove({ pod, collection }: Row, requestId: string): Promise<void> {
    const call = startCall({ timeoutMs: sweepMsMax, requestId });
    const { placement } = collection;
    const tombstone = { ...placement, state: 'dropped', version: placement.version + 1 } as const;
    const details = { pod, bucket: collection.bucket, collection: collection.collection };
    try {
      await pods.store(pod).deleteCollection(collection, tombstone, call);
      logger.info(details, 'removed a part of a collection that was deleted without this pod');
    } catch (error) {
      logger.warn({ ...details, err: error }, 'a part of a deleted collection is still there');
    } finally {
      call.end();
    }
  }

  return {
    sweep(rows, requestId) {
      // A pod that keeps silent may be heard of when nobody listens any more.
      if (closing) return;
      for (const row of rows) {
        const id = `${row.pod} ${row.collection.placement.uid}`;
        if (sweeping.has(id)) continue;
        const work = remove(row, requestId).finally(() => sweeping.delete(id));
        sweeping.set(id, work);
      }
    },
    async close() {
      closing = true;
      await Promise.all(sweeping.values());
    },
  };
}
