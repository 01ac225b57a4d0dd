import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../subgraphs/package-root.ts';
import { freshBucket } from './support/databases.ts';
import { startLiveGateway, until, type LiveGateway } from './support/live-gateway.ts';
import { runHere } from './support/run-here.ts';
import { actOut, said, type Stage } from './support/shell-page.ts';
import { during } from './support/store-calls.ts';
import { openSharded, serviceOver, type OpenStore } from './support/subjects.ts';

const page = readFileSync(join(packageRoot(), 'docs/typed-collections.md'), 'utf8');
const bucket = freshBucket();
const home = process.cwd();
let folder: string;
let pods: OpenStore;
let gateway: LiveGateway;

beforeAll(async () => {
  pods = await openSharded();
  await during((call) => pods.store.createBucket(bucket, call));
  gateway = await startLiveGateway({ subgraphs: [], service: serviceOver(pods.store) });
  folder = mkdtempSync(join(tmpdir(), 'quiver-docs-'));
  mkdirSync(join(folder, 'schema'));
  symlinkSync(gateway.folder, join(folder, 'schema/collections'));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
  await gateway.close();
  const docs = { bucket, collection: 'docs' };
  await during((call) => pods.store.deleteCollection(docs, null, call));
  await during((call) => pods.store.deleteBucket(bucket, call));
  await pods.close();
});

test('docs/typed-collections.md can be followed word by word', async () => {
  const { shown, seen } = await actOut(page, stage());

  expect(seen.length).toBeGreaterThanOrEqual(10);
  expect(said(seen, (text) => text.replaceAll(bucket, 'vecs'))).toEqual(said(shown));
}, 60_000);

/** A person who asks only after the gateway has read what they wrote. */
function stage(): Stage {
  let readMin = 0;
  return {
    folder,
    here: (text) => text.replaceAll(/(@collection\([^)]*)\)/g, `$1, bucket: "${bucket}")`),
    run: runHere,
    sql: async () => {},
    wrote: (file) => {
      if (file.startsWith('schema/collections/')) readMin = readCount() + 1;
    },
    async ask(query) {
      await until(
        async () => readCount(),
        (count) => count >= readMin,
      );
      return gateway.ask(query);
    },
    skips: () => false,
  };
}

/** How many changes of the files the gateway has seen to. */
const readCount = (): number =>
  gateway.lines.filter(({ message }) =>
    ['a new schema is served', 'typed collections stay as they were'].includes(message),
  ).length;
