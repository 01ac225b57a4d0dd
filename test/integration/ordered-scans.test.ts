import type { ScanOrder, ScanPosition } from '../../subgraphs/scan-order.ts';
import type { ScanPage } from '../../subgraphs/store.ts';
import { freshBucket } from '../support/databases.ts';
import { during, scanIn, specIn } from '../support/store-calls.ts';
import { openOne, openRemote, openSharded, type OpenStore } from '../support/subjects.ts';

/** What the public contract has no word for: paths, and the key's own order. */
describe.each([
  ['one database', openOne],
  ['three databases', openSharded],
  ['a pod over HTTP', openRemote],
] as const)('%s scans in an order', (_name, open) => {
  const spec = specIn(freshBucket(), 'books');
  let opened: OpenStore;

  const books = Array.from({ length: 20 }, (_, i) => ({
    key: `b${i}`,
    vector: Float32Array.of(i + 1, 0),
    metadata: { author: { born: 1800 + (i % 7), 'a.b': `x${i % 2}` }, 'author.born': -i },
  }));
  const byKey = books.map(({ key }) => key).toSorted();

  beforeAll(async () => {
    opened = await open();
    await during((call) => opened.store.createBucket(spec.bucket, call));
    await during((call) => opened.store.createCollection(spec, null, call));
    await during((call) => opened.store.upsert({ ...spec, version: null, records: books }, call));
  });
  afterAll(async () => {
    await during((call) => opened.store.deleteCollection(spec, null, call));
    await during((call) => opened.store.deleteBucket(spec.bucket, call));
    await opened.close();
  });

  const page = (orderBy: readonly ScanOrder[], after: ScanPosition | null): Promise<ScanPage> =>
    during((call) =>
      opened.store.scan(scanIn(spec.bucket, spec.collection, { orderBy, after, limit: 3 }), call),
    );

  async function positions(orderBy: readonly ScanOrder[]): Promise<ScanPosition[]> {
    const found: ScanPosition[] = [];
    for (;;) {
      const { records, hasMore } = await page(orderBy, found.at(-1) ?? null);
      found.push(...records.map(({ position }) => position));
      if (!hasMore) return found;
    }
  }

  test('of what is down a path, and tells each position', async () => {
    const found = await positions([
      { type: 'number', path: ['author', 'born'], direction: 'DESC' },
      { type: 'text', path: ['author', 'a.b'], direction: 'ASC' },
    ]);

    const expected = books
      .map(({ key, metadata: { author } }) => ({ key, values: [author.born, author['a.b']] }))
      .toSorted(
        (a, b) =>
          Number(b.values[0]) - Number(a.values[0]) ||
          Number(a.values[1]! > b.values[1]!) - Number(a.values[1]! < b.values[1]!) ||
          (a.key < b.key ? -1 : 1),
      );
    expect(found).toEqual(expected);
  });

  test('of keys, turned', async () => {
    const found = await positions([{ type: 'key', direction: 'DESC' }]);
    expect(found).toEqual(byKey.toReversed().map((key) => ({ key, values: [] })));
  });

  test('of keys within equal values, after which no other order counts', async () => {
    const parity = { type: 'text', path: ['author', 'a.b'], direction: 'ASC' } as const;
    const found = await positions([
      parity,
      { type: 'key', direction: 'DESC' },
      { type: 'number', path: ['author.born'], direction: 'ASC' },
    ]);
    const even = (key: string): boolean => Number(key.slice(1)) % 2 === 0;
    expect(found.map(({ key }) => key)).toEqual([
      ...byKey.toReversed().filter(even),
      ...byKey.toReversed().filter((key) => !even(key)),
    ]);
    expect(found[0]!.values).toEqual(['x0']);
  });

  test('goes on after a record that is gone', async () => {
    const orderBy = [{ type: 'number', path: ['author', 'born'], direction: 'ASC' }] as const;
    const { key, position } = (await page(orderBy, null)).records.at(-1)!;
    const next = await page(orderBy, position);

    const target = { keys: [key] };
    await during((call) => opened.store.delete({ ...spec, target, version: null }, call));
    expect(await page(orderBy, position)).toEqual(next);
  });
});
