import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { query } from './services.ts';

/** Undo the global setup, and say plainly which tests had nothing to run on. */
// jest asks for a default export.
// oxlint-disable-next-line import/no-default-export
export default async function stopServices(): Promise<void> {
  const running = globalThis.quiverTestServices;
  if (!running) return;
  await Promise.all([
    ...running.embedded.map((database) => database.close()),
    ...running.created.map(({ serverUrl, name }) =>
      query(serverUrl, `drop database if exists ${name} with (force)`),
    ),
  ]);
  reportNotRun(running.services.notRunFile);
}

function reportNotRun(file: string): void {
  const names = readFileSync(file, 'utf8').split('\n').filter(Boolean).toSorted();
  rmSync(dirname(file), { recursive: true, force: true });
  if (names.length === 0) return;
  process.stderr.write(
    `\nNot run, for want of services (see QUIVER_TEST_DATABASES and QUIVER_TEST_REDIS):\n` +
      names.map((name) => `  - ${name}\n`).join(''),
  );
}
