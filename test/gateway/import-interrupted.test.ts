import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { VectorStore } from '../../subgraphs/store.ts';
import { freshBucket } from '../support/databases.ts';
import { startGated, type GatedServer } from '../support/gated-gateway.ts';
import { createFolder, numbered } from '../support/import-files.ts';
import { runHere } from '../support/run-here.ts';
import { during, specIn } from '../support/store-calls.ts';
import { openSharded, type OpenStore } from '../support/subjects.ts';

const main = join(process.cwd(), 'dist/gateway/cli/main.js');
const folder = createFolder();
const bucket = freshBucket();
const children: ChildProcess[] = [];
let opened: OpenStore;
let store: VectorStore;
let gateway: GatedServer;

beforeAll(async () => {
  opened = await openSharded();
  ({ store } = opened);
  await during((call) => store.createBucket(bucket, call));
  gateway = await startGated(store);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await gateway.close();
  await opened.close();
  folder.remove();
});

const rowCount = 3_000;
const batch = 50;
const lanesMax = 6;

interface Setting {
  readonly file: string;
  readonly progress: string;
  readonly args: readonly string[];
}

/** A file of `rowCount` lines, the 10th of which is no record, and a collection for the others. */
async function prepare(collection: string): Promise<Setting> {
  await during((call) => store.createCollection(specIn(bucket, collection), null, call));
  const lines = numbered(rowCount).split('\n').with(9, 'no record').join('\n');
  const file = folder.write(`${collection}.ndjson`, lines);
  const where = ['--collection', collection, '--bucket', bucket, '--url', gateway.url];
  const args = ['import', file, ...where, '--batch', String(batch), '--json'];
  return { file, progress: `${file}.quiver-progress.json`, args };
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  return { child, exited, stdout: text(child.stdout), stderr: text(child.stderr) };
}

async function appeared(file: string): Promise<void> {
  const patience = AbortSignal.timeout(20_000);
  const changes = watch(dirname(file), { signal: patience });
  if (existsSync(file)) return;
  for await (const _ of changes) if (existsSync(file)) return;
}

const lineIn = (progress: string): number =>
  (JSON.parse(readFileSync(progress, 'utf8')) as { readonly line: number }).line;

const rowsOf = (collection: string): Promise<number> =>
  during((call) => store.count({ bucket, collection, filter: null }, call));

/** The lines that were sent since, by their keys. */
const sentSince = (first: number): number[] =>
  gateway.upserts.slice(first).flatMap(({ records }) => records.map(({ key }) => Number(key) + 1));

async function expectRest({ file, progress, args }: Setting, collection: string): Promise<void> {
  const line = lineIn(progress);
  expect(line).toBeGreaterThan(0);
  expect(line).toBeLessThan(rowCount);
  const first = gateway.upserts.length;

  const { code, stdout } = await runHere(args);

  expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
    code: 3,
    ending: 'done',
    line: rowCount,
    written: rowCount - 1,
    rejected: 1,
  });
  expect(Math.min(...sentSince(first))).toBe(line + 1);
  expect(await rowsOf(collection)).toBe(rowCount - 1);
  expect(readFileSync(`${file}.rejected.ndjson`, 'utf8').match(/"line":10,/g)).toHaveLength(1);
  expect(existsSync(progress)).toBe(false);
}

test('an import that was killed goes on after the last safe line, and no row is lost', async () => {
  const setting = await prepare('killed');
  gateway.hold(3 * lanesMax);
  const { child, exited } = start(setting.args);
  await Promise.all([gateway.held(), appeared(setting.progress)]);
  child.kill('SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);
  gateway.open();

  await expectRest(setting, 'killed');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends an import after the batches under way, and says how to go on',
  async (signal) => {
    const collection = signal.toLowerCase();
    const setting = await prepare(collection);
    gateway.hold(lanesMax);
    const args = setting.args.filter((arg) => arg !== '--json');
    const { child, exited, stdout, stderr } = start(args);
    await gateway.held();
    child.kill(signal);
    gateway.open();

    expect(await exited).toEqual([130, null]);
    const line = lineIn(setting.progress);
    expect(await stdout).toMatch(new RegExp(`^${line - 1} records written, 1 rejected`));
    expect(await stderr).toBe(
      `Everything up to line ${line} is done. The same command again goes on from there (${setting.progress}).\n`,
    );
    // What was under way is not only written but counted: the next run does not repeat it.
    expect(await rowsOf(collection)).toBe(line - 1);
    await expectRest(setting, collection);
  },
);

test('an interrupted import of standard input says that it has to begin anew', async () => {
  await prepare('stdin');
  gateway.hold(0);
  const where = ['--collection', 'stdin', '--bucket', bucket, '--url', gateway.url];
  const rejects = ['--rejects', folder.path('stdin.rejected')];
  const child = spawn(
    process.execPath,
    [main, 'import', '-', '--format', 'ndjson', ...where, ...rejects, '--batch', '10'],
    { cwd: tmpdir(), env: { PATH: process.env['PATH'] }, stdio: ['pipe', 'ignore', 'pipe'] },
  );
  children.push(child);
  child.stdin.write(numbered(10));
  const exited = once(child, 'exit');
  const stderr = text(child.stderr);
  await gateway.held();
  child.kill('SIGINT');
  gateway.open();

  expect(await exited).toEqual([130, null]);
  expect(await stderr).toBe(
    'Everything up to line 10 is done. Standard input is not kept: begin anew, or give --progress a file next time.\n',
  );
});
