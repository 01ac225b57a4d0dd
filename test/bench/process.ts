import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = join(dirname(fileURLToPath(import.meta.url)), '../../gateway/cli/main.js');

/** Run the command line in a process of its own, until it is ready at `url`. */
export async function startQuiver(
  args: readonly string[],
  url: string,
): Promise<{ close(): Promise<void> }> {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'warn' },
  });
  const exited = once(child, 'exit');
  await ready(`${url}/health/ready`, () => child.exitCode !== null);
  return {
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function ready(url: string, isGone: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    if (isGone()) throw new Error(`The process that should answer ${url} has ended.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} was not ready within 30 s.`);
}
