import { chunkMarkdown } from '../../sample/chunk-markdown.ts';

export const chunkings = ['paragraph', 'markdown'] as const;
export type Chunking = (typeof chunkings)[number];

export interface Chunk {
  /** Part of the record's key. */
  readonly kind: 'para' | 'head';
  readonly text: string;
}

/**
 * The parts of a text that become records of their own: paragraphs, or the sections under Markdown
 * headings, each below the headings that lead to it. At least one.
 */
export function chunksOf(text: string, chunking: Chunking): readonly Chunk[] {
  const texts = chunking === 'markdown' ? sectionsOf(text) : paragraphsOf(text);
  const kind = chunking === 'markdown' ? 'head' : 'para';
  return (texts.length > 0 ? texts : [text]).map((part) => ({ kind, text: part }));
}

const sectionsOf = (text: string): string[] =>
  chunkMarkdown('', text).map((part) => (part.title ? `${part.title}\n\n${part.text}` : part.text));

const paragraphsOf = (text: string): string[] =>
  text
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
