import { compareBytes, levelCount, slotOf } from '../../../schema/key.ts';
import { spreadSlots, type SlotRange } from '../../../schema/placement.ts';
import type { SearchMode } from '../../../subgraphs/store.ts';
import { freshBucket, onReal } from '../../support/databases.ts';
import { during, indexIn, scanIn, searchIn } from '../../support/store-calls.ts';
import { fill, openPod, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

const keys = ['a', 'ключ', '📚', "it's", '\u{10FFFF}', ' ', ...Array(300).keys()].map(String);

beforeAll(async () => {
  pod = await openPod();
  const records = keys.map((key) => ({ key, vector: [1, 0, 0, 0], metadata: {} }));
  await fill(pod, specOf(pod, 'slots'), records);
});
afterAll(() => pod.close());

test('a database finds the same slots of keys as a gateway does', async () => {
  const of = 64;
  for (let index = 0; index < of; index++) {
    const query = scanIn(pod.bucket, 'slots', { limit: 1_000, segment: { index, of } });
    const { records } = await during((call) => pod.store.scan(query, call));

    const expected = keys.filter((key) => slotOf(key) % of === index);
    expect(records.map(({ key }) => key).toSorted()).toEqual(expected.toSorted());
  }
});

test('a search can be of some slots alone, of any level, with an index or without', async () => {
  let mode: SearchMode = 'EXACT';
  const keysIn = async (level: number, ranges: readonly SlotRange[]): Promise<string[]> => {
    const query = searchIn(pod.bucket, 'slots', {
      vector: Float32Array.of(1, 0, 0, 0),
      limit: keys.length,
      mode,
      slots: [{ level, ranges }],
    });
    const { matches } = await during((call) => pod.store.search(query, call));
    return matches.map(({ key }) => key);
  };
  const expected = (level: number): string[] =>
    keys.filter((key) => slotOf(key, level) <= 99 || slotOf(key, level) >= 900);
  const ranges = [[0, 99] as const, [900, 1_023] as const];

  const levels = Array.from({ length: levelCount }, (_, level) => level);
  expect(new Set(levels.map((level) => expected(level).join(' '))).size).toBe(levelCount);
  await during((call) => pod.store.createIndex(indexIn(pod.bucket, 'slots'), call));
  for (mode of ['EXACT', 'INDEX'] as const) {
    for (const level of levels) {
      expect(await keysIn(level, ranges)).toEqual(expected(level).toSorted(compareBytes));
    }
  }
  expect(await keysIn(0, [])).toEqual([]);
});

/** As it stands in the design, and in the comment of `slotOf`. */
const slotSql = `((get_byte(decode(md5(id), 'hex'), 0) << 8)
  | get_byte(decode(md5(id), 'hex'), 1)) & 1023`;

onReal('a publication can take the slots of one pod', async () => {
  const [[from, to]] = spreadSlots(['pod-a', 'pod-b'])['pod-a'] as [readonly [number, number]];
  const table = `"${pod.bucket}".slots`;
  const publication = freshBucket();
  const run = <Row>(text: string): Promise<Row[]> =>
    during((call) => pod.database.query<Row>({ text, values: [] }, call));

  await run(`create publication ${publication} for table ${table}
    where ((${slotSql}) between ${from} and ${to})`);
  const rows = await run<{ id: string }>(
    `select id from ${table} where (${slotSql}) between ${from} and ${to}`,
  );
  await run(`drop publication ${publication}`);

  const owned = keys.filter((key) => slotOf(key) >= from && slotOf(key) <= to);
  expect(rows.map(({ id }) => id).toSorted()).toEqual(owned.toSorted());
});
