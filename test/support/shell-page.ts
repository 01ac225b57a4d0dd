import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ended } from './run-quiver.ts';

/** What a page shows of a shell or GraphiQL: a command or a query, and what came. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

/** How a page is acted out. */
export interface Stage {
  readonly folder: string;
  /** The names of the page, as they are here. */
  here(text: string): string;
  run(words: readonly string[]): Promise<Ended>;
  sql(text: string): Promise<void>;
  /** The answer to a query; none on pages that show no answers. */
  ask?(query: string): Promise<unknown>;
  /** Of a file of the page that was written. */
  wrote?(name: string): void;
  /** Not acted out: it is about the machine that it ran on. */
  skips(command: string): boolean;
}

export interface Fence {
  /** The name of the file for which it stands. */
  readonly file: string | null;
  readonly language: string;
  readonly body: string;
}

/** The fences of a page in order. */
export function fencesOf(page: string): Fence[] {
  const found = page.matchAll(
    /(?:`([\w/-]+\.(?:ndjson|csv|yaml|graphql|mjs))`:\n\n)?^```([\w-]*)\n(.*?)^```$/gms,
  );
  return [...found].map(([, file, language, body]) => ({
    file: file ?? null,
    language: language!,
    body: body!,
  }));
}

/** Do all that the page shows, from its top; gives what it shows and what was said here instead. */
export async function actOut(
  page: string,
  stage: Stage,
): Promise<{ readonly shown: Shown[]; readonly seen: Shown[] }> {
  const shown: Shown[] = [];
  const seen: Shown[] = [];
  let code: number | null = null;
  const fences = fencesOf(page);
  for (const [i, fence] of fences.entries()) {
    const { file, language, body } = fence;
    const next = fences[i + 1];
    if (file !== null) {
      const path = join(stage.folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, stage.here(body));
      stage.wrote?.(file);
    } else if (stage.ask && next && isAsked(fence, next)) {
      shown.push({ command: body, output: answerText(JSON.parse(next.body)) });
      seen.push({ command: body, output: answerText(await stage.ask(body)) });
    } else if (language === 'sql') {
      await stage.sql(stage.here(body));
    } else if (body.startsWith('node -e')) {
      execFileSync('sh', ['-c', body], { cwd: stage.folder });
    }
    if (language !== 'console' || body.includes('^C')) continue;
    for (const one of stepsOf(body)) {
      if (stage.skips(one.command)) continue;
      shown.push(one);
      const output = await perform(one.command);
      seen.push({ command: one.command, output });
    }
  }
  return { shown, seen };

  async function perform(command: string): Promise<string> {
    const [name, ...words] = wordsOf(command);
    if (name === 'echo') return String(code);
    if (name === 'cat') return contentOf(join(stage.folder, words[0]!));
    const ended = await stage.run(words);
    code = ended.code;
    return ended.stdout + ended.stderr;
  }
}

/** A query with its answer below; other GraphQL is shown to be read. */
const isAsked = ({ language, body }: Fence, next: Fence): boolean =>
  language === 'graphql' && /^(?:query|mutation|\{)/.test(body) && next.language === 'json';

/** Distances differ in their last digits from one build of pgvector to another. */
const answerText = (answer: unknown): string =>
  JSON.stringify(
    answer,
    (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toFixed(digitsOfDistances)) : value,
    2,
  );

const digitsOfDistances = 5;

const contentOf = (file: string): string =>
  existsSync(file) ? readFileSync(file, 'utf8') : `${file} is not there`;

function stepsOf(body: string): Shown[] {
  const [, ...parts] = `\n${body}`.split('\n$ ');
  return parts.map((part) => {
    const [command = '', ...output] = part.split('\n');
    return { command, output: output.join('\n') };
  });
}

/** The words of one command, up to what a shell does with it. */
export function wordsOf(command: string): string[] {
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const end = words.findIndex((word) => /^(?:[|<>#]|&&|\d?>)/.test(word));
  return words
    .slice(0, end < 0 ? undefined : end)
    .map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

/** Steps as they are compared; `back` gives names the form that they have on the page. */
export const said = (
  steps: readonly Shown[],
  back: (text: string) => string = (text) => text,
): string[] => steps.map(({ command, output }) => `$ ${command}\n${steady(back(output))}`);

/** Without what differs from run to run and from server to server: times, sizes, versions, widths. */
export const steady = (text: string): string =>
  text
    .replace(/^pod-\w: .*\n/gm, '')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/quiver_[0-9a-f]{12}_/g, 'quiver_HASH_')
    .replace(/"tookMs": [\d.]+/g, '"tookMs": 1')
    .replace(/\b\d+(?:\.\d)? [kM]?B\b/g, 'SIZE')
    .replace(/(?<= )\d+\.\d(?= )/g, '1.0')
    .replace(/ +/g, ' ')
    // A pod in the table of `quiver doctor`: its name and how many tables it has are ours.
    .replace(/^(pod-\w) \d+\.\d+ [\d.]+ (\w+ \d+) \d+ \S+$/gm, '$1 $2')
    .replace(/ $/gm, '')
    .trim();
