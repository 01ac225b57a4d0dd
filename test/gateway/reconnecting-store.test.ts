import { openReconnectingStore, type Opened } from '../../gateway/reconnecting-store.ts';
import { errors } from '../../schema/errors.ts';
import { startCall } from '../../subgraphs/call.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

describe('a store that need not be there yet', () => {
  const call = startCall({ timeoutMs: 5_000, requestId: 'test' });
  const down = errors.podUnavailable('a', 'did not take a connection');
  afterAll(() => call.end());

  /** Fails with each of `failures` once, then gives what `opened` makes. */
  async function openAfter(
    failures: Error[],
    opened: () => Opened = () => ({ store: createStubService().store }),
    mustBeUp = false,
  ): Promise<{ store: VectorStore; opened: Promise<void> }> {
    let signal = (): void => {};
    const up = new Promise<void>((resolve) => (signal = resolve));
    const open = async (): Promise<Opened> => {
      const failure = failures.shift();
      if (failure) throw failure;
      setImmediate(signal);
      return opened();
    };
    const logger = createMemoryLogger();
    const store = await openReconnectingStore({ pod: 'a', open, mustBeUp, retryMs: 1, logger });
    return { store, opened: up };
  }

  test('says that the pod is not up, until a later try opens it', async () => {
    const { store, opened } = await openAfter([down, down]);

    await expect(store.pods(call)).rejects.toMatchObject({
      extensions: { code: 'POD_UNAVAILABLE', pod: 'a', outcome: 'notWritten' },
    });
    await opened;

    expect(await store.pods(call)).toHaveLength(1);
    await store.close();
  });

  test('opens again when what it had is lost', async () => {
    let lose = (): void => {};
    const closed: number[] = [];
    let count = 0;
    const { store } = await openAfter([], () => {
      const number = ++count;
      const { store: inner } = createStubService({ close: async () => void closed.push(number) });
      return { store: inner, lost: new Promise<void>((resolve) => (lose = resolve)) };
    });

    lose();
    await until(() => count === 2);

    expect(closed).toEqual([1]);
    await store.close();
    expect(closed).toEqual([1, 2]);
  });

  test('does not wait for a database that is another pod', async () => {
    const wrong = new Error('This database is pod "b"; it cannot serve as pod "a".');

    await expect(openAfter([wrong])).rejects.toBe(wrong);
  });

  test('does not wait for a pod that must be up', async () => {
    await expect(openAfter([down], undefined, true)).rejects.toBe(down);
  });
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}
