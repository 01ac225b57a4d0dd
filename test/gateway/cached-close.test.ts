import { openCaches } from '../support/caches.ts';
import { createGate, hit, hotIn, keysOf, madeIn, until } from '../support/hot-searches.ts';
import { codeFrom, during } from '../support/store-calls.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => void process.off('unhandledRejection', note));

test('what is under way when a cache is closed ends, and leaves nothing unhandled', async () => {
  const gate = createGate();
  const caches = await openCaches({
    count: 2,
    settings: { admitAfter: 1 },
    wrap: (store, i) => (i === 0 ? gate.over({ ...store, close: async () => {} }) : store),
  });
  const [closed, other] = caches.gateways;
  const ref = await madeIn(caches, 'closed');
  await hit(closed!, hotIn(ref));
  gate.shut();
  const before = gate.asked.length;
  const far = hotIn(ref, { vector: Float32Array.of(9, 0) });
  const searching = during((call) => closed!.store.search(far, call));
  await until(() => gate.asked.length > before);
  await closed!.store.close();
  gate.open();

  // Its answer was found; it is the keeping that comes too late.
  expect(keysOf(await searching)).toEqual(['8', '7', '9']);
  const write = closed!.run((store, call) =>
    store.delete({ ...ref, target: { keys: ['0'] }, version: null }, call),
  );
  expect(await codeFrom(write)).toBe('none');
  expect(keysOf(await other!.search(hotIn(ref)))).toEqual(['1', '2', '3']);
  expect(keysOf(await closed!.search(hotIn(ref)))).toEqual(['1', '2', '3']);
  await new Promise((turn) => setTimeout(turn, 50));
  expect(unhandled).toEqual([]);
  await caches.close();
});

test('a cache that is closed with fills and raises in the background leaves nothing unhandled', async () => {
  for (let i = 0; i < 3; i++) {
    const caches = await openCaches({ count: 1, settings: { admitAfter: 1 } });
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'busy');
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        gateway!.search(hotIn(ref, { vector: Float32Array.of(n, 0) })),
      ),
    );
    await caches.close();
  }
  await new Promise((turn) => setTimeout(turn, 50));

  expect(unhandled).toEqual([]);
});
