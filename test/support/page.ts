import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../subgraphs/package-root.ts';

/** A page of the documentation, whose statements a test holds. */
export function openPage(file: string) {
  const text = readFileSync(join(packageRoot(), 'docs', file), 'utf8');
  const sectionOf = (heading: string): string => {
    const [, after] = text.split(`\n## ${heading}\n`);
    if (after === undefined) throw new Error(`${file} has no section "${heading}".`);
    return after.split('\n## ')[0]!;
  };
  return {
    sectionOf,
    /** The cells of the section's table, without its head. */
    rowsUnder: (heading: string): string[][] =>
      sectionOf(heading)
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .slice(2)
        .map((line) => line.split('|').slice(1, -1))
        .map((cells) => cells.map((cell) => cell.trim())),
    /** What stands in the section's fences of one language, or of none. */
    blocksUnder: (heading: string, language = ''): string[] =>
      [...sectionOf(heading).matchAll(/^```(\w*)\n(.*?)^```/gms)]
        .filter(([, found]) => found === language)
        .map(([, , block]) => block!),
  };
}

/** What stands between backticks. */
export const spansOf = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
