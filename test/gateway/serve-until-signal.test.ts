import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { packageRoot } from '../../subgraphs/package-root.ts';

const built = pathToFileURL(join(packageRoot(), 'dist/gateway/cli/process.js')).href;

test('a promise that fails where nobody looks is logged, and the server goes on', () => {
  const program = `
    const { serveUntilSignal } = await import(${JSON.stringify(built)});
    await serveUntilSignal(async () => {
      void Promise.reject(new Error('lost'));
      setImmediate(() => process.kill(process.pid, 'SIGTERM'));
      return { close: async () => console.log('drained') };
    });`;

  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 20_000 },
  );

  expect(JSON.parse(stderr)).toMatchObject({ msg: 'unexpected error', err: { message: 'lost' } });
  expect(stdout).toBe('drained\n');
  expect(status).toBe(0);
});
