import { once, EventEmitter } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchTypedFiles, type TypedFile } from '../../gateway/typed-files.ts';
import { createMemoryLogger } from '../support/stub-service.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'quiver-watched-'));
});
afterEach(() => rm(home, { recursive: true }));

test('a folder that comes later is found, and every save after it is heard', async () => {
  const path = join(home, 'collections');
  const changes = new EventEmitter();
  const watcher = watchTypedFiles(
    { path, mustExist: false },
    {
      known: [],
      // Once the folder is there, no look at the clock within this test: what is seen was heard.
      pollMs: 600_000,
      logger: createMemoryLogger(),
      onChange: (files) => void changes.emit('change', files),
    },
  );
  const save = async (text: string): Promise<string[]> => {
    const changed = once(changes, 'change') as Promise<[readonly TypedFile[]]>;
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'doc.graphql'), text);
    return (await changed)[0].map((file) => file.text);
  };

  expect(await save('one')).toEqual(['one']);
  expect(await save('two')).toEqual(['two']);
  expect(await save('three')).toEqual(['three']);

  await watcher.close();
});
