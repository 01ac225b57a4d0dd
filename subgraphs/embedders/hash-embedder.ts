import type { Embedder } from '../embedder.ts';

/**
 * An embedder without a model: feature hashing of words and of character n-grams. It is lexical:
 * texts are near when they share words or parts of words ("merge", "merged"), not when they mean the
 * same. The same text gives the same vector on every machine, of length 1, never zero.
 */
export function createHashEmbedder(dimension = 256): Embedder {
  return {
    name: 'hash',
    dimension,
    embed: async (texts) => texts.map((text) => embedText(text, dimension)),
    embedQuery: async (text) => embedText(text, dimension),
  };
}

function embedText(text: string, dimension: number): Float32Array {
  const sums = new Float64Array(dimension);
  for (const [word, occurrences] of wordCounts(text)) {
    // Sublinear: a word said ten times is not ten times the subject.
    const weight = (1 + Math.log(occurrences)) * (stopWords.has(word) ? 0.1 : 1);
    addFeature(sums, word, weight);
    const grams = gramsOf(word);
    const share = weight / Math.sqrt(grams.length);
    // The beginning of a word is its stem, which "merge", "merged" and "merging" have in common.
    for (const gram of grams) addFeature(sums, gram, gram.startsWith('<') ? 2 * share : share);
  }
  return normalised(sums);
}

function wordCounts(text: string): Map<string, number> {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The runs of 3 to 5 characters of `<word>`; the marks tell its beginning and end from its middle. */
function gramsOf(word: string): string[] {
  const characters = Array.from(`<${word.slice(0, wordUnitsMax)}>`);
  const grams: string[] = [];
  for (let length = 3; length <= 5; length++) {
    for (let from = 0; from + length <= characters.length; from++) {
      grams.push(characters.slice(from, from + length).join(''));
    }
  }
  return grams;
}

/** A longer "word" is a key or a number; its beginning is enough. */
const wordUnitsMax = 64;

/** The sign keeps features that fall on one place from adding up to something. */
function addFeature(sums: Float64Array, feature: string, weight: number): void {
  const hash = hashOf(feature);
  sums[(hash >>> 1) % sums.length]! += hash & 1 ? weight : -weight;
}

/** FNV-1a, then the last step of MurmurHash3: without it the low bits are alike for alike words. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A text without words gets a direction too, always the same one. */
function normalised(sums: Float64Array): Float32Array {
  const length = Math.hypot(...sums);
  if (length > 0) return Float32Array.from(sums, (x) => x / length);
  return new Float32Array(sums.length).fill(1, 0, 1);
}

const stopWords: ReadonlySet<string> = new Set(
  (
    'a about after all also an and any are as at be been before but by can could did do does each ' +
    'for from had has have how i if in into is it its just me more most my no not of on one only or ' +
    'other our over should so some such than that the their them then there these they this those ' +
    'to under up was we were what when where which while who why will with would you your'
  ).split(' '),
);
