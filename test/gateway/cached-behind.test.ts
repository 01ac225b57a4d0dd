import type { CollectionRef } from '../../subgraphs/store.ts';
import { openCaches, type Caches } from '../support/caches.ts';
import { runSql } from '../support/foreign-tables.ts';
import { hit, hotIn, keysOf, madeIn, outcomeOf, until } from '../support/hot-searches.ts';
import { line } from '../support/store-calls.ts';

let caches: Caches;
beforeAll(async () => {
  caches = await openCaches({ count: 1 });
});
afterAll(() => caches.close());

/** By the clock: so long after a commit everybody sees it. */
async function aBoundLater(): Promise<void> {
  const committedAt = performance.now();
  await until(() => performance.now() > committedAt + 101);
}

const tableOf = ({ bucket, collection }: CollectionRef): string => `"${bucket}"."${collection}"`;

/** On the pods alone, whose statements nobody tells a gateway of. */
async function onPods(ref: CollectionRef, ...texts: readonly string[]): Promise<void> {
  for (const i of [0, 1, 2]) {
    await runSql(
      texts.map((text) => text.replaceAll('$table', tableOf(ref))),
      i,
    );
  }
}

const searchNow = async (ref: CollectionRef): Promise<string[]> =>
  keysOf(await caches.gateways[0]!.search(hotIn(ref)));

test.each<[string, readonly string[], readonly string[]]>([
  [
    'an insert',
    [`insert into $table (id, vec) values ('near', '[0.5,0]') on conflict do nothing`],
    ['near', '0', '1'],
  ],
  ['an update', [`update $table set vec = '[100,0]' where id = '0'`], ['1', '2', '3']],
  ['a deletion', [`delete from $table where id in ('0', '2')`], ['1', '3', '4']],
  ['truncate', ['truncate $table'], []],
  [
    'an update with its triggers off',
    [
      `alter table $table disable trigger user`,
      `delete from $table where id = '1'`,
      `alter table $table enable always trigger quiver_changes`,
    ],
    ['0', '2', '3'],
  ],
  [
    'a change of the table',
    [
      `alter table $table alter column vec type vector(2) using (case when id = '0' then '[50,0]' else vec end)`,
    ],
    ['1', '2', '3'],
  ],
  [
    'a table in its place',
    [
      `create table $table_next (like $table including all)`.replace('$table_next', '$next'),
      'drop table $table',
      `alter table $next rename to $name`,
    ],
    [],
  ],
])(
  '%s behind our back is seen by each search that begins 100 ms after it',
  async (name, texts, expected) => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, name, line(20));
    await hit(gateway!, hotIn(ref));
    const next = { ...ref, collection: `${ref.collection} next` };
    await onPods(
      ref,
      ...texts.map((text) =>
        text.replaceAll('$next', tableOf(next)).replaceAll('$name', `"${ref.collection}"`),
      ),
    );
    await aBoundLater();

    for (let i = 0; i < 5; i++) expect(await searchNow(ref)).toEqual(expected);
  },
);

test('what is written again and again is never shown older than 100 ms', async () => {
  const [gateway] = caches.gateways;
  const ref = await madeIn(caches, 'again');
  await hit(gateway!, hotIn(ref));
  for (let n = 0; n < 10; n++) {
    await onPods(ref, `update $table set vec = '[${n % 2 ? 0.5 : 100},0]' where id = '0'`);
    await aBoundLater();

    for (let i = 0; i < 3; i++) expect((await searchNow(ref)).includes('0')).toBe(n % 2 === 1);
  }
});

describe('a table that nobody counts', () => {
  const unwatched = async (collection: string): Promise<CollectionRef> => {
    const ref = await madeIn(caches, collection);
    await caches.gateways[0]!.run((store, call) => store.watch(ref, false, call));
    return ref;
  };

  test('is not cached', async () => {
    const [gateway] = caches.gateways;
    const ref = await unwatched('uncounted');
    const before = gateway!.fills.length;
    for (let i = 0; i < 10; i++) {
      expect(outcomeOf(await gateway!.search(hotIn(ref)))).toBe('MISS');
    }
    expect(gateway!.fills.slice(before)).not.toContain('admitted');
  });

  test('is cached when somebody watches it', async () => {
    const [gateway] = caches.gateways;
    const ref = await unwatched('watched');
    await gateway!.run((store, call) => store.watch(ref, true, call));

    expect(keysOf(await hit(gateway!, hotIn(ref)))).toEqual(['0', '1', '2']);
  });

  test('shows nothing of what was kept before, also when it is watched again', async () => {
    const [gateway] = caches.gateways;
    const ref = await madeIn(caches, 'unwatched');
    await hit(gateway!, hotIn(ref));
    await gateway!.run((store, call) => store.watch(ref, false, call));
    expect(outcomeOf(await gateway!.search(hotIn(ref)))).toBe('MISS');
    await onPods(ref, `delete from $table where id = '0'`);
    await gateway!.run((store, call) => store.watch(ref, true, call));

    await aBoundLater();
    for (let i = 0; i < 5; i++) expect(await searchNow(ref)).toEqual(['1', '2', '3']);
  });
});

test('a table that is mapped is cached when it is watched, and its writes are seen', async () => {
  const [gateway] = caches.gateways;
  const ref = { bucket: caches.bucket, collection: 'found' };
  await runSql([
    `create table ${tableOf(ref)} (id varchar primary key, vec vector(2) not null,
       metadata jsonb not null default '{}')`,
    `insert into ${tableOf(ref)} (id, vec) values ('a', '[1,0]'), ('b', '[2,0]')`,
  ]);
  await gateway!.search(hotIn(ref));
  expect(gateway!.outcomes.at(-1)).toBe('MISS');
  await gateway!.run((store, call) => store.watch(ref, true, call));
  expect(keysOf(await hit(gateway!, hotIn(ref)))).toEqual(['a', 'b']);

  const records = [{ key: 'c', vector: Float32Array.of(0.5, 0), metadata: {} }];
  await gateway!.run((store, call) => store.upsert({ ...ref, records, version: null }, call));
  expect(await searchNow(ref)).toEqual(['c', 'a', 'b']);
  await hit(gateway!, hotIn(ref));
  await runSql([`delete from ${tableOf(ref)} where id = 'a'`]);
  await aBoundLater();
  expect(await searchNow(ref)).toEqual(['c', 'b']);
});
