import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import type { Command, CommanderError } from 'commander';
import { createProgram } from '../gateway/cli/program.ts';
import { packageRoot } from '../subgraphs/package-root.ts';
import { openCommandSubject } from './support/command-subject.ts';
import { onReal } from './support/databases.ts';
import { createFreshDatabase, type FreshDatabase } from './support/fresh-database.ts';
import { runHere } from './support/run-here.ts';
import { actOut, fencesOf, said, wordsOf, type Stage } from './support/shell-page.ts';

const read = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
const pages = readdirSync(join(packageRoot(), 'docs')).map((name) => `docs/${name}`);

const home = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quiver-docs-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

/** The words behind `quiver` of each command in a page's shell fences. */
function commandsOf(page: string): string[][] {
  return fencesOf(page)
    .filter(({ language }) => language === 'sh' || language === 'console')
    .flatMap(({ body }) => body.split('\n'))
    .map((line) => line.replace(/^\$ /, '').replace(/^npm run (?:--silent )?quiver --/, 'quiver'))
    .map((line) => line.replace(/^npm start --/, 'quiver up'))
    .filter((line) => line.startsWith('quiver '))
    .map((line) => wordsOf(line).slice(1));
}

/** Throws what commander has against a command, which is not run. */
function accept(words: readonly string[]): void {
  const program = createProgram((error: CommanderError) => {
    throw error;
  });
  disarm(program);
  program.parse(words, { from: 'user' });
}

function disarm(command: Command): void {
  command.configureOutput({ writeErr() {}, outputError() {} });
  if (command.commands.length === 0) command.action(() => {});
  command.commands.forEach(disarm);
}

test.each(['README.md', ...pages])('%s shows no command that is not accepted', (file) => {
  for (const words of commandsOf(read(file))) {
    expect(() => accept(words)).not.toThrow();
  }
});

test.each(['README.md', ...pages])('every link of %s leads somewhere', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
  for (const [link, path, anchor] of links) {
    const target = path ? normalize(join(dirname(file), path)) : file;
    const headings = anchor ? [...read(target).matchAll(/^#+ (.+)$/gm)] : [];
    const anchors = headings.map(([, title]) => slugOf(title!));
    expect({ link, there: anchor ? anchors.includes(anchor) : read(target) !== '' }).toEqual({
      link,
      there: true,
    });
  }
});

/** As GitHub makes them. */
const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test('a command that does not exist, or has no such option, would be found', () => {
  expect(commandsOf('```sh\nnpm run quiver -- pod --nme a # b\n```')).toEqual([
    ['pod', '--nme', 'a'],
  ]);
  expect(() => accept(['pod', '--database', 'a', '--nme', 'a'])).toThrow('unknown option');
  expect(() => accept(['imports', 'a'])).toThrow('unknown command');
});

test('every command has its place in docs/cli.md', () => {
  const page = read('docs/cli.md');
  const groups = createProgram(() => {}).commands;
  for (const { commands } of groups) {
    for (const one of commands) expect(page).toContain(`\`${one.name()}\``);
  }
  for (const one of groups) expect(page).toMatch(new RegExp(`^\\| \\[?\`${one.name()}\\b`, 'm'));
});

test.each([
  ['README.md', 2],
  ['docs/cli.md', 15],
])('every command of %s answers as the page shows', async (file, countMin) => {
  const subject = await openCommandSubject();
  const stage = {
    folder,
    here: (text: string) => text,
    run: (words: readonly string[]) => subject.byUrl(words),
    sql: async () => {},
    // It looks at all that is in the databases, which tests share.
    skips: (command: string) => command.startsWith('quiver doctor'),
  };

  try {
    const { shown, seen } = await actOut(read(file), stage);

    expect(seen.length).toBeGreaterThanOrEqual(countMin);
    expect(said(seen, (text) => text.replaceAll(subject.bucket, 'vecs'))).toEqual(said(shown));
  } finally {
    await subject.close();
  }
});

onReal('every statement and command of docs/existing-tables.md answers as it shows', async () => {
  const databases = [await createFreshDatabase(), await createFreshDatabase()] as const;
  try {
    const roles = await rolesOf(databases[0]);
    const { shown, seen } = await actOut(
      read('docs/existing-tables.md'),
      stageOf(databases, roles),
    );

    const back = (text: string): string =>
      roles.reduce((result, { name, shownAs }) => result.replaceAll(name, shownAs), text);
    expect(seen.length).toBeGreaterThanOrEqual(10);
    expect(said(seen, back)).toEqual(said(shown));
  } finally {
    for (const database of databases.toReversed()) await database.drop();
  }
});

interface Role {
  readonly shownAs: string;
  readonly name: string;
  readonly url: string;
}

async function rolesOf(database: FreshDatabase): Promise<readonly Role[]> {
  const roles: Role[] = [];
  for (const shownAs of ['reader', 'writer', 'nobody']) {
    roles.push({ shownAs, ...(await database.createRole()) });
  }
  return roles;
}

/** The page has two databases, and roles that are all servers' own. */
function stageOf(databases: readonly FreshDatabase[], roles: readonly Role[]): Stage {
  const urlOf = (user: string, i: number): string =>
    roles.find(({ shownAs }) => shownAs === user)?.url ?? databases[i - 1]!.url;
  const grantees = (text: string): string =>
    roles.reduce((sql, { shownAs, name }) => sql.replaceAll(`to ${shownAs};`, `to ${name};`), text);

  return {
    folder,
    here: (text) =>
      grantees(text)
        .replace(/^create role \w+ login;\n/gm, '')
        .replace(/postgres:\/\/(\w+)@10\.0\.0\.(\d)\/docs/g, (_, user: string, i: string) =>
          urlOf(user, Number(i)),
        ),
    run: runHere,
    sql: (text) =>
      databases[text.startsWith('-- on pod-b') ? 1 : 0]!.run(
        `set search_path = public, extensions; ${text}`,
      ),
    wrote(file) {
      if (file !== 'quiver.yaml') return;
      for (const { shownAs, url } of roles) {
        const text = readFileSync(file, 'utf8').replace(/postgres:\/\/\S+/, url);
        writeFileSync(`${shownAs}.yaml`, text);
      }
    },
    skips: () => false,
  };
}
