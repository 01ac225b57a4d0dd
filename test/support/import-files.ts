import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the files of one test file. */
export interface ImportFolder {
  path(name: string): string;
  /** The path of a new file. */
  write(name: string, content: string | Uint8Array): string;
  remove(): void;
}

export function createFolder(): ImportFolder {
  const folder = mkdtempSync(join(tmpdir(), 'quiver-import-'));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    write(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const ndjson = (lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** `count` lines: key "0" with vector [1, 0], "1" with [2, 0] and so on. */
export const numbered = (count: number): string =>
  ndjson(Array.from({ length: count }, (_, n) => ({ key: String(n), vector: [n + 1, 0], n })));
