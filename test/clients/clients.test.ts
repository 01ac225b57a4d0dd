import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { chromium } from 'playwright-core';
import { startGateway } from '../../gateway/server.ts';
import { startCall, type Call } from '../../subgraphs/call.ts';
import { createHashEmbedder } from '../../subgraphs/embedders/hash-embedder.ts';
import type { Running } from '../../subgraphs/http.ts';
import { packageRoot } from '../../subgraphs/package-root.ts';
import { freshBucket, onChromium } from '../support/databases.ts';
import { runHere } from '../support/run-here.ts';
import { openSharded, serviceOver, type OpenStore } from '../support/subjects.ts';
import { serveFolder, writeFilesOfPage } from './page-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'quiver-clients-'));
const bucket = freshBucket();
const sections = [
  { id: 'README.md#quiver/limits', title: 'Limits', text: 'records in one write' },
  { id: 'docs/a.md#shards', title: 'How shards are merged', text: 'by distance, then by key' },
  { id: 'docs/a.md#when', title: 'When a pod is down', text: 'the other shards answer' },
];
let opened: OpenStore;
let site: Awaited<ReturnType<typeof serveFolder>>;
let gateway: Running;

beforeAll(async () => {
  opened = await openSharded();
  await inTime((call) => opened.store.createBucket(bucket, call));
  site = await serveFolder(folder);
  symlinkSync(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'));
  writeFilesOfPage(folder, inBucket);
  gateway = await startGateway({
    service: serviceOver(opened.store),
    subgraphs: [],
    collectionsFolder: { path: join(folder, 'schema/collections'), mustExist: true },
    cors: { origins: [site.origin], credentials: false, maxAgeSeconds: 0 },
    host: '127.0.0.1',
    port: 0,
    example: { query: '{ vectorPods { name } }', variables: {} },
    logger: { info() {}, warn() {}, error: (details) => console.error(details) },
  });
  writeFilesOfPage(folder, (body) =>
    inBucket(body).replaceAll('http://127.0.0.1:4000', gateway.url),
  );
  const printed = await runHere(['schema', 'print', '--config', join(folder, 'quiver.yaml')]);
  writeFileSync(join(folder, 'schema.graphql'), printed.stdout);
  await writeSections();
}, 60_000);
afterAll(async () => {
  await site.close();
  await gateway.close();
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The page's collection is in the bucket of everybody. */
const inBucket = (body: string): string =>
  body
    .replace('dimension:', `bucket: "${bucket}", dimension:`)
    .replace('near: { vector', `bucket: "${bucket}", near: { vector`);

async function writeSections(): Promise<void> {
  const texts = sections.map((section) => `${section.title} ${section.text}`);
  const vectors = await inTime((call) => createHashEmbedder().embed(texts, call));
  const records = sections.map((section, i) => ({
    ...section,
    file: section.id.split('#')[0],
    vector: [...vectors[i]!],
  }));
  const query = `mutation ($records: [SectionInput!]!) {
    upsertSections(records: $records) { upsertedCount }
  }`;
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { records } }),
  });
  expect(await response.json()).toEqual({ data: { upsertSections: { upsertedCount: 3 } } });
}

async function inTime<T>(work: (call: Call) => Promise<T>): Promise<T> {
  const call = startCall({ timeoutMs: 10_000, requestId: 'test' });
  try {
    return await work(call);
  } finally {
    call.end();
  }
}

/** A package's command in the folder: its exit code, and all that it said. */
async function run(command: string, args: readonly string[], input = '') {
  const bin = command === 'node' ? process.execPath : join(folder, 'node_modules/.bin', command);
  const child = spawn(bin, args, { cwd: folder });
  child.stdin.end(input);
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exited) as [number | null];
  return { code, stdout, stderr };
}

const types = () => run('tsc', ['--pretty', 'false']);

describe('docs/clients.md', () => {
  beforeAll(async () => {
    const { code, stdout, stderr } = await run('graphql-codegen', []);
    if (code !== 0) throw new Error(stdout + stderr);
  });

  test('its programs fit the types that are generated from the schema', async () => {
    expect(await types()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    [
      'a vector of texts',
      "{ vector: ['a'], filter: {} }",
      "'string' is not assignable to type 'number'",
    ],
    ['a filter that is a number', '{ vector: [1], filter: 5 }', "'number' is not assignable"],
    ['a missing vector', '{ filter: {} }', "'vector' is missing"],
  ])('the types refuse %s', async (_what, variables, message) => {
    const program = `import { ask } from './ask';
import { NearDocument } from './gql/graphql';
await ask(NearDocument, ${variables});`;
    writeFileSync(join(folder, 'wrong.ts'), program);

    const { code, stdout } = await types();
    rmSync(join(folder, 'wrong.ts'));

    expect(code).not.toBe(0);
    expect(stdout).toMatch(/^wrong.ts\(3,/);
    expect(stdout).toContain(message);
  });

  test('its program finds what is near to a record, and filters', async () => {
    const bundle = await run('esbuild', ['nearest.ts', '--bundle', '--format=esm']);

    const { code, stdout, stderr } = await run('node', ['--input-type=module'], bundle.stdout);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const keys = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1]);
    expect(new Set(keys)).toEqual(new Set(['docs/a.md#shards', 'docs/a.md#when']));
  });

  onChromium('its page searches while somebody types', async (executablePath) => {
    const bundle = await run('esbuild', [
      'search.tsx',
      '--bundle',
      '--outdir=.',
      '--log-level=error',
    ]);
    expect(bundle).toEqual({ code: 0, stdout: '', stderr: '' });
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      await page.goto(site.origin);

      await page.keyboard.type('merged shards');
      await page.getByText(/^How shards are merged \(0\.\d\d\)$/).waitFor();
      const titles = await page.getByRole('listitem').allTextContents();
      expect(titles[0]).toMatch(/^How shards are merged/);
      expect(titles).toHaveLength(3);

      await page.getByRole('textbox').fill('x'.repeat(100_001));
      await page.getByRole('alert').getByText('may have at most 100000 characters').waitFor();

      await page.getByRole('textbox').fill('pod is down');
      await page.locator('li:first-child', { hasText: 'When a pod is down' }).waitFor();
      expect(await page.getByRole('alert').textContent()).toBe('');
    } finally {
      await browser.close();
    }
  });
});
