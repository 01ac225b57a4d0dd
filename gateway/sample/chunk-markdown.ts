export interface Chunk {
  /** `<file>#<slug of the headings above it>`, unique within the file. */
  readonly key: string;
  readonly title: string;
  readonly text: string;
}

/**
 * Cut a Markdown text at its headings (`#` to `######`), and sections longer than about 1,200
 * characters at paragraph borders. Fenced code stays whole, whatever it holds.
 */
export function chunkMarkdown(file: string, text: string): Chunk[] {
  const taken = new Set<string>();
  return sectionsOf(text).flatMap(({ headings, paragraphs }) =>
    packed(paragraphs).map((part) => ({
      key: unique(`${file}#${headings.map(slugOf).join('/') || 'top'}`, taken),
      title: headings.join(' › ') || file,
      text: part,
    })),
  );
}

const chunkCharactersMax = 1_200;

interface Section {
  readonly headings: readonly string[];
  readonly paragraphs: string[];
}

interface Heading {
  readonly level: number;
  readonly title: string;
}

function sectionsOf(text: string): Section[] {
  let above: Heading[] = [];
  const sections: Section[] = [{ headings: [], paragraphs: [] }];
  for (const block of blocksOf(text)) {
    const heading = headingOf(block);
    if (heading) {
      above = [...above.filter(({ level }) => level < heading.level), heading];
      sections.push({ headings: above.map(({ title }) => title), paragraphs: [] });
    } else {
      sections.at(-1)!.paragraphs.push(block);
    }
  }
  return sections;
}

/** Headings, paragraphs, and fences: with the blank lines that are inside of them. */
function blocksOf(text: string): string[] {
  const blocks: string[][] = [[]];
  let fence: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    const alone = fence === null && (line.trim() === '' || headingOf(line) !== null);
    if (alone) blocks.push([line], []);
    else blocks.at(-1)!.push(line);
    fence = fenceAfter(line, fence);
  }
  return blocks.map((lines) => lines.join('\n')).filter((block) => block.trim() !== '');
}

/** The fence that is open after a line: it closes with at least as many of its own characters. */
function fenceAfter(line: string, open: string | null): string | null {
  if (open === null) return /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1] ?? null;
  const closing = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line)?.[1];
  return closing?.startsWith(open) ? null : open;
}

function headingOf(line: string): Heading | null {
  const [, marks, title] = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(line) ?? [];
  return marks && title ? { level: marks.length, title } : null;
}

/** As many paragraphs together as fit; one that is too long on its own stays whole. */
function packed(paragraphs: readonly string[]): string[] {
  const parts: string[] = [];
  for (const paragraph of paragraphs) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + paragraph.length + 2 <= chunkCharactersMax) {
      parts[parts.length - 1] = `${last}\n\n${paragraph}`;
    } else {
      parts.push(paragraph);
    }
  }
  return parts;
}

const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '') || 'section';

function unique(key: string, taken: Set<string>): string {
  let candidate = key;
  for (let n = 2; taken.has(candidate); n++) candidate = `${key}-${n}`;
  taken.add(candidate);
  return candidate;
}
