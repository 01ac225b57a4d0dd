import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { startGated } from '../support/gated-gateway.ts';
import { createFolder } from '../support/import-files.ts';

const folder = createFolder();
afterAll(() => folder.remove());

const rowCount = 30_000;
/** 3.4 KB a line, 100 MB in all: what is not written is read as well, and costs the test less. */
const writtenText = 'x'.repeat(1_000);
const leftOutText = 'x'.repeat(2_400);
const heapMbMax = 80;
/** Node itself takes 40 MB and the command's code and what is in flight 100, also on a busy machine. */
const residentMbMax = 200;

function* lines(): Generator<string> {
  for (let n = 0; n < rowCount; n++) {
    yield `{"key":"${n}","vector":[${n},1],"metadata":{"text":"${writtenText}"},"text":"${leftOutText}"}\n`;
  }
}

/**
 * Code that writes a process's largest resident size, in KB, to a file when it ends. Linux counts
 * what the parent had, here a jest worker, into the `maxRSS` of its child; VmHWM is the child's own.
 */
const notePeak = (file: string): string => `
  const { readFileSync, writeFileSync } = require('fs');
  const peak = () =>
    process.platform === 'linux'
      ? /^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]
      : String(process.resourceUsage().maxRSS);
  process.on('exit', () => writeFileSync(${JSON.stringify(file)}, peak()));
`;

test('an import of 100 MB takes a bounded part of the memory', async () => {
  let written = 0;
  const gateway = await startGated({
    upsert: async ({ records }) => {
      written += records.length;
      return records.length;
    },
  });
  const peak = folder.path('peak');
  const preload = folder.write('peak.cjs', notePeak(peak));
  const main = join(process.cwd(), 'dist/gateway/cli/main.js');
  const limits = [`--max-old-space-size=${heapMbMax}`, '--require', preload];
  const where = ['--collection', 'docs', '--url', gateway.url, '--rejects', folder.path('rejects')];
  const child = spawn(
    process.execPath,
    [...limits, main, 'import', '-', '--format', 'ndjson', ...where],
    { cwd: tmpdir(), stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit');
  const stderr = text(child.stderr);
  await pipeline(Readable.from(lines()), child.stdin);

  expect(await stderr).toMatch(/^(?:[\d,]+ rows, [\d,]+ rows\/s\n)*$/);
  expect(await exited).toEqual([0, null]);
  expect(written).toBe(rowCount);
  expect(Number(readFileSync(peak, 'utf8')) / 1_024).toBeLessThan(residentMbMax);
  await gateway.close();
});
