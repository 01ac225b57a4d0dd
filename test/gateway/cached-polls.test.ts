import { createPolls } from '../../gateway/cache/polls.ts';
import { errors } from '../../schema/errors.ts';
import type { CollectionRef, ShardChanged, VectorStore } from '../../subgraphs/store.ts';
import { within } from '../../subgraphs/within.ts';
import { openCaches } from '../support/caches.ts';
import { hit, hotIn, keysOf, madeIn, outcomeOf, until } from '../support/hot-searches.ts';

const ref: CollectionRef = { bucket: 'vecs', collection: 'docs' };
const change = { table: 't', count: 1 };
const known = { pod: 'a', change, error: null };

/** A store that says how far it is, as often as it is asked. */
function createPods(answer: () => Promise<readonly ShardChanged[]> = async () => [known]) {
  const asked: (readonly CollectionRef[])[] = [];
  const changes: VectorStore['changes'] = (refs) => {
    asked.push(refs);
    return Promise.all(refs.map(answer));
  };
  return { asked, store: { changes } };
}

const pollsOver = (store: Pick<VectorStore, 'changes'>, keepMs = 60_000) =>
  createPolls({ store, everyMs: 5, keepMs, timeoutMs: 40 });

test('polls ask again and again, one question for all collections', async () => {
  const { asked, store } = createPods();
  const polls = pollsOver(store);
  expect(asked).toEqual([]);
  polls.keep({ ...ref, other: 1 } as CollectionRef);
  polls.keep({ ...ref, collection: 'more' });
  await until(() => asked.length > 3);
  polls.close();

  expect(asked[0]).toEqual([ref]);
  expect(asked[2]).toHaveLength(2);
  expect(asked[2]).toEqual(expect.arrayContaining([ref, { ...ref, collection: 'more' }]));
});

test('what was said counts from when it was asked for', async () => {
  const { store } = createPods();
  const polls = pollsOver(store);
  const before = performance.now();
  polls.keep(ref);
  expect(polls.since(ref, before)).toBeNull();
  await until(() => polls.since(ref, before) !== null);
  polls.close();

  expect(polls.since(ref, before)).toEqual(new Map([['a', change]]));
  expect(polls.since(ref, performance.now())).toBeNull();
  expect(polls.since({ ...ref, collection: 'other' }, before)).toBeNull();
});

test('they stop when nobody searches any more, and begin again with the next search', async () => {
  const { asked, store } = createPods();
  const polls = pollsOver(store, 30);
  polls.keep(ref);
  let count = 0;
  await until(async () => {
    const before = asked.length;
    await new Promise((later) => setTimeout(later, 50));
    count = asked.length;
    return count === before;
  });
  polls.keep(ref);
  await until(() => asked.length > count);
  polls.close();

  expect(asked.at(-1)).toEqual([ref]);
});

test.each<[string, () => Promise<never>]>([
  ['fails', () => Promise.reject(new Error('down'))],
  ['does not answer', () => new Promise(() => undefined)],
])('what was said grows old while the store %s, and they go on', async (_, fault) => {
  let isFaulty = false;
  const { asked, store } = createPods(async () =>
    isFaulty ? fault() : [{ pod: 'a', change, error: null }],
  );
  const polls = pollsOver({
    changes: (refs, call) => within(call, store.changes(refs, call)),
  });
  polls.keep(ref);
  await until(() => polls.since(ref, 0) !== null);
  isFaulty = true;
  const from = performance.now();
  const before = asked.length;
  await until(() => asked.length > before + 3);
  expect(polls.since(ref, from)).toBeNull();

  isFaulty = false;
  await until(() => polls.since(ref, from) !== null);
  polls.close();
});

test.each([
  [
    'a pod does not say',
    [
      { pod: 'a', change, error: null },
      { pod: 'b', change: null, error: new Error() },
    ],
  ],
  ['nobody counts', [{ pod: 'a', change: null, error: null }]],
  ['there is no pod', []],
])('nothing is known when %s', async (_, rows) => {
  const asked: unknown[] = [];
  const polls = pollsOver({
    async changes() {
      asked.push(rows);
      return [rows];
    },
  });
  polls.keep(ref);
  await until(() => asked.length > 2);
  expect(polls.since(ref, 0)).toBeNull();
  polls.close();
});

test('a collection that is gone is asked for no more', async () => {
  let isGone = false;
  const { asked, store } = createPods(async () => [
    isGone ? { pod: 'a', change: null, error: errors.collectionNotFound('vecs', 'docs') } : known,
  ]);
  const polls = pollsOver(store);
  polls.keep(ref);
  await until(() => asked.length > 2);
  isGone = true;
  const before = asked.length;
  await until(() => asked.length > before);
  const after = asked.length;
  await new Promise((later) => setTimeout(later, 50));
  expect(asked.length).toBeLessThanOrEqual(after + 1);

  isGone = false;
  polls.keep(ref);
  await until(() => polls.since(ref, 0) !== null);
  polls.close();
});

test('closed, they ask no more, and give up what they have asked', async () => {
  let isGivenUp = false;
  const asked: unknown[] = [];
  const polls = createPolls({
    store: {
      async changes(refs, call) {
        asked.push(refs);
        call.onAbort(() => (isGivenUp = true));
        return within(call, new Promise(() => undefined));
      },
    },
    everyMs: 1,
    keepMs: 60_000,
    timeoutMs: 60_000,
  });
  polls.keep(ref);
  await until(() => asked.length === 1);
  polls.close();
  expect(isGivenUp).toBe(true);
  polls.keep({ ...ref, collection: 'other' });
  await new Promise((later) => setTimeout(later, 20));

  expect(asked).toHaveLength(1);
});

test('while the pods do not say how far they are, nothing is older than 100 ms', async () => {
  let isFrozen = false;
  const never = new Promise<never>(() => undefined);
  const caches = await openCaches({
    count: 1,
    wrap: (store) => ({
      ...store,
      changes: (refs, call) => (isFrozen ? within(call, never) : store.changes(refs, call)),
    }),
  });
  try {
    const [gateway] = caches.gateways;
    const made = await madeIn(caches, 'frozen');
    await hit(gateway!, hotIn(made));
    isFrozen = true;
    const end = performance.now() + 101;
    await until(() => performance.now() > end);
    for (let i = 0; i < 5; i++) {
      const answer = await gateway!.search(hotIn(made));
      expect(outcomeOf(answer)).toBe('MISS');
      expect(keysOf(answer)).toEqual(['0', '1', '2']);
    }

    isFrozen = false;
    await hit(gateway!, hotIn(made));
  } finally {
    isFrozen = false;
    await caches.close();
  }
});
