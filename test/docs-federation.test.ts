import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { packageRoot } from '../subgraphs/package-root.ts';
import { runHere } from './support/run-here.ts';
import { actOut, fencesOf, said, type Stage } from './support/shell-page.ts';

const page = readFileSync(join(packageRoot(), 'docs/federation.md'), 'utf8');
const home = process.cwd();
const children: ChildProcess[] = [];
let folder: string;
let example: ChildProcess;
let welcome: string;
let gatewayUrl: string;
let articlesUrl: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quiver-example-'));
  symlinkSync(join(home, 'node_modules'), join(folder, 'node_modules'));
  process.chdir(folder);
  const main = join(home, 'dist/test/example/main.js');
  example = start([main, '--port', '0', '--articles-port', '0', '--data-dir', 'data']);
  welcome = await until(example.stdout!, /curl .* -d '.*'/);
  gatewayUrl = /GraphQL +(\S+)\/graphql/.exec(welcome)![1]!;
  articlesUrl = /Articles +(\S+)\//.exec(welcome)![1]!;
}, 120_000);
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

test('docs/federation.md shows what the example answers, in its own gateway and in a router of others', async () => {
  const { shown, seen } = await actOut(page, stage());
  const questions = seen.filter(({ command }) => command.startsWith('{'));

  expect(questions.length).toBeGreaterThanOrEqual(2);
  expect(said(seen)).toEqual(said(shown));

  const router = start(['router.mjs']);
  const routerUrl = (await until(router.stdout!, /http:\S+/)).trim();
  for (const { command } of questions) {
    expect(await ask(routerUrl, command)).toEqual(await ask(`${gatewayUrl}/graphql`, command));
  }
  const deletion = 'mutation { deleteDocs(ids: ["replicas"]) { deletedCount } }';
  expect(await ask(routerUrl, deletion)).toEqual({ data: { deleteDocs: { deletedCount: 1 } } });
}, 60_000);

test('the query that the example offers has an answer', async () => {
  const { query } = JSON.parse(/-d '(.*)'/.exec(welcome)![1]!) as { query: string };
  const record = { articles: [{ author: { name: expect.any(String) } }] };

  expect(await ask(`${gatewayUrl}/graphql`, query)).toMatchObject({
    data: { searchDocs: { matches: [{ record }, {}] } },
  });
});

test('the code in docs/federation.md is that of the example', () => {
  const [section] = page.split('\n## Their subgraphs');
  const sources = ['articles.ts', 'collections/doc.graphql']
    .map((file) => readFileSync(join(home, 'test/example', file), 'utf8'))
    .map(withoutIndent);
  const shown = fencesOf(section!).flatMap(({ language, body }) => {
    if (language === 'ts') return body.trim().split('\n');
    return body.startsWith('type ') ? body.split('\n\n') : [];
  });

  expect(shown.length).toBe(5);
  for (const block of shown.map(withoutIndent)) {
    expect(sources.filter((source) => source.includes(block))).toEqual([expect.any(String)]);
  }
});

test('a signal ends the example, and everything that it started', async () => {
  const ended = once(example, 'exit');
  example.kill('SIGINT');

  expect(await ended).toEqual([0, null]);
  await expect(fetch(articlesUrl)).rejects.toThrow('fetch failed');
});

function stage(): Stage {
  const here = (text: string): string =>
    text
      .replaceAll('http://127.0.0.1:4000', gatewayUrl)
      .replaceAll('http://127.0.0.1:4001', articlesUrl)
      .replaceAll('4002', '0');
  return {
    folder,
    here,
    run: (words) => runHere(words.map(here)),
    sql: async () => {},
    ask: (query) => ask(`${gatewayUrl}/graphql`, query),
    skips: () => false,
  };
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], APOLLO_TELEMETRY_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function until(stream: Readable, pattern: RegExp): Promise<string> {
  let heard = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    if (pattern.test(heard)) return heard;
  }
  throw new Error(`${String(pattern)} was not said; it said: ${heard}`);
}

async function ask(url: string, query: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

const withoutIndent = (text: string): string => text.replaceAll(/^ +/gm, '').trim();
