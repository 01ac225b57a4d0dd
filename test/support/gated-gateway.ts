import { startPod } from '../../subgraphs/pod-server.ts';
import type { UpsertWrite, VectorStore } from '../../subgraphs/store.ts';
import { createStubService } from './stub-service.ts';

/** A subgraph over a store whose upserts a test can hold back. */
export interface GatedServer {
  readonly url: string;
  /** All that were asked for, in order. */
  readonly upserts: readonly UpsertWrite[];
  /** Let `count` more through, and hold those that come after them. */
  hold(count: number): void;
  /** Resolves when one is held. */
  held(): Promise<void>;
  open(): void;
  close(): Promise<void>;
}

export async function startGated(inner: Partial<VectorStore>): Promise<GatedServer> {
  const upserts: UpsertWrite[] = [];
  let free = Infinity;
  let waiting: (() => void)[] = [];
  let onHeld = (): void => {};

  const upsert: VectorStore['upsert'] = async (write, call) => {
    upserts.push(write);
    if (free-- <= 0) {
      onHeld();
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (call.aborted) return 0;
    }
    return inner.upsert!(write, call);
  };
  const open = (): void => {
    free = Infinity;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const service = createStubService({ ...inner, upsert });
  const { logger } = service;
  const pod = await startPod({ service, pod: 'gated', host: '127.0.0.1', port: 0, logger });
  return {
    url: `${pod.url}/graphql`,
    upserts,
    hold: (count) => void (free = count),
    held: () =>
      waiting.length > 0 ? Promise.resolve() : new Promise((resolve) => (onHeld = resolve)),
    open,
    async close() {
      open();
      await pod.close();
    },
  };
}
