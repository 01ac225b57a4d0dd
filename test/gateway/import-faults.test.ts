import { existsSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { openJournal, type Journal } from '../../gateway/cli/import/journal.ts';
import { readNdjson } from '../../gateway/cli/import/ndjson.ts';
import { runImport, type Ending } from '../../gateway/cli/import/run-import.ts';
import { errors } from '../../schema/errors.ts';
import { defaultLimits } from '../../schema/limits.ts';
import type { UpsertWrite, VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from '../support/faulty-pods.ts';
import { createFolder, ndjson, numbered } from '../support/import-files.ts';
import { codeFrom, during, specIn } from '../support/store-calls.ts';

const folder = createFolder();
let pods: FaultyPods;
beforeAll(async () => {
  pods = await openFaultyPods();
});
afterEach(() => pods.repair());
afterAll(() => pods.close());
afterAll(() => folder.remove());

const rowCount = 200;

async function made(
  collection: string,
  nonFilterableKeys: readonly string[] = [],
): Promise<VectorStore> {
  const spec = specIn(pods.bucket, collection, { nonFilterableKeys });
  await during((call) => pods.gateway().createCollection(spec, null, call));
  return pods.gateway();
}

interface Attempt {
  readonly journal: Journal;
  readonly ending: Promise<Ending>;
}

/** As the command does, only less patient. */
function attempt(collection: string, store: VectorStore, text = numbered(rowCount)): Attempt {
  const journal = openJournal({
    progressFile: folder.path(`${collection}.progress`),
    rejectsFile: folder.path(`${collection}.rejected`),
    source: null,
    optionsHash: collection,
    restart: false,
  });
  const bytes = Readable.from([Buffer.from(text)]);
  const rows = readNdjson(bytes, { after: journal.progress.line, lineBytesMax: 10_000 });
  const { signal } = new AbortController();
  const ending = runImport(
    {
      rows,
      ref: { bucket: pods.bucket, collection },
      create: null,
      shape: { key: null, vector: null, metadata: null, text: null },
      batchRecords: 20,
      rejectsMax: 1_000,
    },
    {
      store,
      limits: defaultLimits,
      embedder: null,
      journal,
      patience: { timeoutMs: 20_000, retryCount: 3, firstWaitMs: 1, signal },
    },
  );
  return { journal, ending };
}

const upsertsOf = (store: VectorStore, upsert: VectorStore['upsert']): VectorStore => ({
  ...store,
  upsert,
});

const countOf = (collection: string): Promise<number> =>
  during((call) => pods.gateway().count({ bucket: pods.bucket, collection, filter: null }, call));

test.each(['down', 'losesAnswers'] as const)(
  'a pod that is out of order (%s) for a moment costs no row and no line',
  async (kind) => {
    const collection = `moment_${kind.toLowerCase()}`;
    const store = await made(collection);
    pods.b.break({ kind });
    let failureCount = 0;
    const repairing = upsertsOf(store, async (write, call) => {
      try {
        return await store.upsert(write, call);
      } catch (error) {
        if (++failureCount === 8) pods.repair();
        throw error;
      }
    });

    const { journal, ending } = attempt(collection, repairing);

    expect(await ending).toBe('done');
    expect(failureCount).toBeGreaterThanOrEqual(8);
    expect(journal.progress).toMatchObject({ line: rowCount, written: rowCount, rejected: 0 });
    expect(await countOf(collection)).toBe(rowCount);
  },
);

test('a pod that stays down ends the import, and the next one goes on where it ended', async () => {
  const store = await made('outage');
  let upsertCount = 0;
  const failing = upsertsOf(store, (write, call) => {
    if (++upsertCount === 4) pods.b.break({ kind: 'down' });
    return store.upsert(write, call);
  });

  const first = attempt('outage', failing);
  expect(await codeFrom(first.ending)).toMatch(/^(?:POD_UNAVAILABLE|PARTIAL_WRITE)$/);
  const { line, rejected } = first.journal.progress;
  expect({ rejected, isPart: line < rowCount }).toEqual({ rejected: 0, isPart: true });

  pods.repair();
  const second = attempt('outage', store);
  expect(second.journal.progress.line).toBe(line);
  expect(await second.ending).toBe('done');
  expect(await countOf('outage')).toBe(rowCount);
  expect(existsSync(folder.path('outage.progress'))).toBe(false);
});

const hasBad = ({ records }: UpsertWrite): boolean =>
  records.some(({ key }) => key === '7' || key === '133');

test.each([
  ['refuses', 'BAD_USER_INPUT', errors.badRequest('collection', 'The table refuses it.')],
  ['trips over', 'INTERNAL_SERVER_ERROR', new Error('index row size 2720 exceeds 2704')],
])('a record that the database %s costs that record alone', async (_how, code, error) => {
  const collection = `bad_${code.toLowerCase()}`;
  const store = await made(collection);
  const picky = upsertsOf(store, async (write, call) => {
    if (hasBad(write)) throw error;
    return store.upsert(write, call);
  });

  const { journal, ending } = attempt(collection, picky);

  expect(await ending).toBe('done');
  expect(journal.progress).toMatchObject({ written: rowCount - 2, rejected: 2 });
  const rejects = readFileSync(folder.path(`${collection}.rejected`), 'utf8')
    .trim()
    .split('\n');
  expect(rejects.map((line): unknown => JSON.parse(line))).toEqual([
    { line: 8, key: '7', code, reason: error.message },
    { line: 134, key: '133', code, reason: error.message },
  ]);
  expect(await countOf(collection)).toBe(rowCount - 2);
});

test('a table on several pods that nobody hashed takes no import, and no line is to blame', async () => {
  const store = await made('unplaced');
  const unplaced: VectorStore = {
    ...store,
    async describe(ref, call) {
      const found = (await store.describe(ref, call))!;
      return { ...found, placement: { ...found.placement, slots: { 'pod-a': [], 'pod-b': [] } } };
    },
  };

  const { journal, ending } = attempt('unplaced', unplaced);

  await expect(ending).rejects.toThrow('collection must have a placement to be written to');
  expect(journal.progress).toMatchObject({ line: 0, rejected: 0 });
});

test('a database that takes nothing ends the import: no record is to blame', async () => {
  const store = await made('full');
  const full = upsertsOf(store, async () => {
    throw new Error('No space left on device');
  });

  const { journal, ending } = attempt('full', full);

  await expect(ending).rejects.toThrow('No space left on device');
  expect(journal.progress).toMatchObject({ line: 0, rejected: 0 });
});

test('what can be filtered on in a record has its limit here too', async () => {
  const store = await made('filterable', ['text']);
  const long = 'x'.repeat(3_000);
  const lines = [
    { key: 'a', vector: [1, 0], text: long },
    { key: 'b', vector: [1, 0], year: long },
  ];
  const { ending } = attempt('filterable', store, ndjson(lines));

  expect(await ending).toBe('done');
  expect(readFileSync(folder.path('filterable.rejected'), 'utf8')).toBe(
    ndjson([
      {
        line: 2,
        key: 'b',
        code: 'LIMIT_EXCEEDED',
        reason: 'metadata may have at most 2048 filterable bytes; got 3011.',
      },
    ]),
  );
});
