import { changeOf, runBehind } from '../../support/changes.ts';
import { onReal } from '../../support/databases.ts';
import { during } from '../../support/store-calls.ts';
import { made, row } from './made.ts';
import { openPod, openPodDatabase, queryOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;
beforeEach(async () => {
  pod = await openPod();
});
afterEach(() => pod.close());

onReal('writers do not wait for each other, and each is seen when it commits', async () => {
  const { spec, table } = await made(pod, 'both');
  const before = await changeOf(pod.store, spec);
  const other = openPodDatabase();
  await during((call) =>
    pod.database.transaction(async (query) => {
      await query({ text: `insert into ${table} values ${row('b')}`, values: [] });
      await runBehind(other, `insert into ${table} values ${row('c')}`);
      expect(await changeOf(pod.store, spec)).toEqual({ ...before, count: before!.count + 1 });
    }, call),
  );
  await other.close();

  expect(await changeOf(pod.store, spec)).toEqual({ ...before, count: before!.count + 2 });
});

onReal(
  'a search has seen exactly the writes that its count says, whoever writes or compacts',
  async () => {
    const { spec, table } = await made(pod, 'exact');
    const { count } = (await changeOf(pod.store, spec))!;
    const others = [openPodDatabase(), openPodDatabase(), openPodDatabase()];
    const state = { writing: true };
    const writers = others.map(async (database, w) => {
      for (let i = 0; i < 80; i++) {
        await runBehind(database, `insert into ${table} values ${row(`${w}-${i}`)}`);
        if (i % 7 === w)
          await runBehind(database, `select quiver.compact_changes('${table}'::regclass)`);
      }
    });
    const all = Promise.all(writers).finally(() => (state.writing = false));

    const query = queryOf(spec, [0, 0, 0, 0], { limit: 1_000, changes: true });
    while (state.writing) {
      const { matches, shards } = await during((call) => pod.store.search(query, call));
      const { change } = shards[0] as { change: { count: number } };
      expect(matches).toHaveLength(1 + change.count - count);
    }

    await all;
    for (const database of others) await database.close();
    expect(await changeOf(pod.store, spec)).toMatchObject({ count: count + 240 });
  },
);

for (const level of ['repeatable read', 'serializable']) {
  onReal(`counting makes no writer of isolation level ${level} fail`, async () => {
    const { spec, table } = await made(pod, 'isolated');
    const before = await changeOf(pod.store, spec);
    const other = openPodDatabase();
    const begin = `set transaction isolation level ${level}`;
    const insert = (key: string) => `insert into ${table} values ${row(key)}`;

    await during((call) =>
      pod.database.transaction(async (query) => {
        await query({ text: begin, values: [] });
        await query({ text: insert('b'), values: [] });
        await runBehind(other, begin, insert('c'), insert('d'));
        await runBehind(other, `select quiver.compact_changes('${table}'::regclass)`);
        await query({ text: insert('e'), values: [] });
      }, call),
    );
    await other.close();

    expect(await changeOf(pod.store, spec)).toEqual({ ...before, count: before!.count + 2 });
  });
}
