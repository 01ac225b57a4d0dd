import type { Call } from '../../../subgraphs/call.ts';
import { onReal } from '../../support/databases.ts';
import { codeFrom, during } from '../../support/store-calls.ts';
import { fill, openPod, specOf, type OpenPod } from './open-pod.ts';

let pod: OpenPod;

beforeAll(async () => {
  pod = await openPod();
});
afterAll(() => pod.close());

interface Target {
  readonly bucket: string;
  readonly collection: string;
  readonly version: number;
}

/** Everything that changes the record "a", whose metadata is {n: 1}. */
const writes: Readonly<Record<string, (target: Target, call: Call) => Promise<number>>> = {
  upserts(target, call) {
    const record = { key: 'a', vector: Float32Array.of(4, 3, 2, 1), metadata: {} };
    return pod.store.upsert({ ...target, records: [record] }, call);
  },
  updates(target, call) {
    const change = { keys: ['a'], set: { n: 2 }, unset: [], dryRun: false };
    return pod.store.updateMetadata({ ...target, ...change }, call);
  },
  deletions: (target, call) => pod.store.delete({ ...target, target: { keys: ['a'] } }, call),
  purges(target, call) {
    const filter = { kind: 'eq', path: ['n'], value: 1 } as const;
    return pod.store.delete({ ...target, target: { filter } }, call);
  },
};

const fetchRecord = (collection: string) =>
  during((call) => {
    const select = { metadata: 'all', vector: true } as const;
    return pod.store.fetch({ bucket: pod.bucket, collection, keys: ['a'], select }, call);
  });

/** Begins to write while somebody is changing the placement's version, and lets both end. */
async function writeMeanwhile(
  collection: string,
  write: (call: Call) => Promise<number>,
): Promise<unknown> {
  let writing: Promise<unknown> = Promise.resolve();
  await during((call) =>
    pod.database.transaction(async (query) => {
      await query({
        text: `update quiver.placement set version = 2 where bucket = $1 and collection = $2`,
        values: [pod.bucket, collection],
      });
      writing = codeFrom(during(write));
      const waiting = `select 1 from pg_stat_activity
        where wait_event_type = 'Lock' and query like '%"' || $1::text || '"%'`;
      const observed = { text: waiting, values: [collection] };
      while ((await pod.database.query(observed, call)).length === 0);
    }, call),
  );
  return writing;
}

for (const [name, write] of Object.entries(writes)) {
  onReal(`a version that moves while they wait stops ${name}`, async () => {
    const collection = `moving_${name}`;
    const target = { bucket: pod.bucket, collection, version: 1 };
    const record = { key: 'a', vector: [1, 2, 3, 4], metadata: { n: 1 } };
    await fill(pod, specOf(pod, collection), [record]);
    const before = await fetchRecord(collection);

    const outcome = await writeMeanwhile(collection, (call) => write(target, call));

    expect(outcome).toBe('POD_UNAVAILABLE');
    expect(await fetchRecord(collection)).toEqual(before);
    expect(await during((call) => write({ ...target, version: 2 }, call))).toBe(1);
  });
}
