import { existsSync } from 'node:fs';
import { startGated, type GatedServer } from '../support/gated-gateway.ts';
import { createFolder } from '../support/import-files.ts';
import { startQuiver } from '../support/run-quiver.ts';

const folder = createFolder();
let gateway: GatedServer;
let askedForMore: () => void;

/** Two pages, the second of which never comes. */
beforeAll(async () => {
  const position = { key: 'a', values: [] };
  const record = { key: 'a', vector: Float32Array.of(1, 0), metadata: {}, position };
  gateway = await startGated({
    count: async () => 2,
    scan: ({ after }, call) => {
      if (after === null) return Promise.resolve({ records: [record], hasMore: true });
      askedForMore();
      return new Promise((_, reject) => call.onAbort(() => reject(new Error('gone'))));
    },
  });
});
afterAll(async () => {
  await gateway.close();
  folder.remove();
});

test.each([
  ['SIGINT', 'some.ndjson'],
  ['SIGTERM', 'some.ndjson.gz'],
] as const)('%s ends an export, and nothing of %s is left', async (signal, name) => {
  const file = folder.path(name);
  const more = new Promise<void>((resolve) => (askedForMore = resolve));
  const args = ['export', '--collection', 'docs', '--url', gateway.url, '-o', file];
  const { child, ended } = startQuiver(args);
  await more;
  child.kill(signal);

  expect(await ended).toEqual({
    code: 130,
    stdout: '',
    stderr: `Interrupted; ${file} is not written.\n`,
  });
  expect([file, `${file}.part`].map((path) => existsSync(path))).toEqual([false, false]);
});

test('an interrupted export to standard output has written whole lines', async () => {
  const more = new Promise<void>((resolve) => (askedForMore = resolve));
  const { child, ended } = startQuiver(['export', '--collection', 'docs', '--url', gateway.url]);
  await more;
  child.kill('SIGINT');

  expect(await ended).toEqual({
    code: 130,
    stdout: '{"key":"a","vector":[1,0],"metadata":{}}\n',
    stderr: 'Interrupted.\n',
  });
});
