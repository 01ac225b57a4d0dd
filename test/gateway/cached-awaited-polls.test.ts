import { createPolls } from '../../gateway/cache/polls.ts';
import type {
  CacheOutcome,
  CollectionRef,
  ShardChanged,
  VectorStore,
} from '../../subgraphs/store.ts';
import { openCaches, type Caches } from '../support/caches.ts';
import { hit, hotIn, madeIn, outcomeOf, until } from '../support/hot-searches.ts';
import { during } from '../support/store-calls.ts';

const ref: CollectionRef = { bucket: 'vecs', collection: 'docs' };
const change = { table: 't', count: 1 };
const rows: readonly (readonly ShardChanged[])[] = [[{ pod: 'a', change, error: null }]];
const polled = new Map([['a', change]]);

/** Pods that say how far they are when the test wants it. */
function openPolls(timeoutMs = 10_000) {
  const asked: ((answer: typeof rows) => void)[] = [];
  const changes = (): Promise<typeof rows> => new Promise((answer) => void asked.push(answer));
  return {
    asked,
    polls: createPolls({ store: { changes }, everyMs: 1, keepMs: 60_000, timeoutMs }),
  };
}

test('who asks while the pods are being asked waits for what they say', async () => {
  const { asked, polls } = openPolls();
  const moment = performance.now();
  polls.keep(ref);
  const awaited = polls.awaited(ref, moment);
  asked[0]!(rows);

  expect(await awaited).toEqual(polled);
  expect(await polls.awaited(ref, moment)).toEqual(polled);
  polls.close();
});

test('what they were asked too early they are asked again', async () => {
  const { asked, polls } = openPolls();
  polls.keep(ref);
  const askedAt = performance.now();
  await until(() => performance.now() > askedAt + 2);
  const awaited = polls.awaited(ref, performance.now());
  asked[0]!(rows);
  await until(() => asked.length === 2);
  asked[1]!(rows);

  expect(await awaited).toEqual(polled);
  polls.close();
});

test('nobody waits for pods that are not asked, or do not say it in time', async () => {
  const { polls } = openPolls(20);
  expect(await polls.awaited(ref, 0)).toBeNull();
  polls.keep(ref);
  expect(await polls.awaited(ref, 0)).toBeNull();
  const awaited = polls.awaited(ref, 0);
  polls.close();
  expect(await awaited).toBeNull();
});

describe('a search whose answer is kept', () => {
  let caches: Caches;
  let wanted: CollectionRef;
  let said: Promise<void> | null = null;
  beforeAll(async () => {
    const wrap = (store: VectorStore): VectorStore => ({
      ...store,
      changes: async (refs, call) => {
        await said;
        return store.changes(refs, call);
      },
    });
    caches = await openCaches({ count: 1, wrap });
    wanted = await madeIn(caches, 'docs');
  });
  afterAll(() => caches.close());

  /** How a search is answered that begins when no poll is young enough, and one is under way. */
  async function outcomeIn(timeoutMs: number): Promise<CacheOutcome | undefined> {
    const [gateway] = caches.gateways;
    await hit(gateway!, hotIn(wanted));
    let say = (): void => {};
    said = new Promise((resolve) => (say = resolve));
    const shutAt = performance.now();
    await until(() => performance.now() > shutAt + 101);
    const answer = during((call) => gateway!.store.search(hotIn(wanted), call), timeoutMs);
    await new Promise((begun) => setImmediate(begun));
    say();
    said = null;
    return answer.then(outcomeOf, () => undefined);
  }

  test('waits for pods that are slow to say how far they are, rather than search them', async () => {
    let outcome: CacheOutcome | undefined;
    // On a machine that is held up the poll's time may be over.
    await until(async () => (outcome = await outcomeIn(20_000)) === 'HIT');

    expect(outcome).toBe('HIT');
  });

  test('goes to the pods where its own time is short', async () => {
    let outcome: CacheOutcome | undefined;
    // On a machine that is held up its time may be over.
    await until(async () => (outcome = await outcomeIn(390)) !== undefined);

    expect(outcome).toBe('MISS');
  });
});
