import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { packageRoot } from '../subgraphs/package-root.ts';

const rooms = ['schema', 'subgraphs', 'gateway'] as const;
const linesMax = 300;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Packages as they are written, relative imports as paths from the root. */
  readonly imports: readonly string[];
}

const sources = rooms.flatMap(filesOf);
const tests = filesOf('test');

function filesOf(room: string): SourceFile[] {
  return readdirSync(join(packageRoot(), room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(room, name);
      const text = readFileSync(join(packageRoot(), path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(/\b(?:from|import|import\()\s*'([^']+)'/g);
  return [...found].map(([, name = '']) =>
    name.startsWith('.') ? normalize(join(path, '..', name)) : name,
  );
}

const roomOf = (path: string): string => path.split('/')[0]!;

const isPackage = (name: string, wanted: string): boolean =>
  name === wanted || name.startsWith(`${wanted}/`);

/** The files that import a package, or a file of another room. */
const importersOf = (wanted: string): string[] =>
  sources
    .filter(({ imports }) => imports.some((name) => isPackage(name, wanted)))
    .map(({ path }) => path);

describe('the rooms', () => {
  test.each([
    ['schema', ['schema']],
    ['subgraphs', ['schema', 'subgraphs']],
    ['gateway', ['schema', 'subgraphs', 'gateway']],
  ])('%s imports of our own only %j', (room, allowed) => {
    const crossings = sources
      .filter(({ path }) => roomOf(path) === room)
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => name.endsWith('.ts') && !allowed.includes(roomOf(name)))
          .map((name) => `${path} imports ${name}`),
      );

    expect(crossings).toEqual([]);
  });

  test('schema does no input or output', () => {
    const pure = new Set(['graphql', 'node:buffer', 'node:crypto']);
    const impure = sources
      .filter(({ path }) => roomOf(path) === 'schema')
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => !name.endsWith('.ts') && !pure.has(name))
          .map((name) => `${path} imports ${name}`),
      );

    expect(impure).toEqual([]);
  });

  test('PostgreSQL is spoken to in one folder', () => {
    const elsewhere = importersOf('pg').filter((path) => !path.startsWith('subgraphs/postgres/'));

    expect(elsewhere).toEqual([]);
  });

  test.each([
    ['@apollo/gateway', ['gateway/supergraph/data-sources.ts', 'gateway/supergraph/serve.ts']],
    ['@electric-sql', ['subgraphs/embedded/host.ts']],
  ])('%s is known to %j alone', (name, files) => {
    expect(importersOf(name)).toEqual(files);
  });

  test('Redis is spoken to in one file at most', () => {
    expect(importersOf('ioredis').length).toBeLessThanOrEqual(1);
  });
});

describe('every file', () => {
  test(`has at most ${linesMax} lines`, () => {
    const long = [...sources, ...tests]
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > linesMax);

    expect(long).toEqual([]);
  });

  test('of the tests runs all of its tests', () => {
    const partial = /\b(?:describe|test|it)\.(?:only|skip)\b|\b[fx](?:describe|it|test)\(/;
    const found = tests.filter(({ text }) => partial.test(text)).map(({ path }) => path);

    expect(found).toEqual([]);
  });
});
