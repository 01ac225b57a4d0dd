/**
 * An SQL pattern as the same in regular expressions of PostgreSQL, for which upper and lower case
 * are one. `ilike` knows the letters that the database's locale knows, on some A to Z alone; here
 * each letter is named in both cases, so that all pods give the same answer.
 */
export function caseBlind(pattern: string): string {
  const parts = pattern.match(/\\?[^]/gu) ?? [];
  return `^${parts.map(partOf).join('')}$`;
}

function partOf(part: string): string {
  if (part === '%') return '.*';
  if (part === '_') return '.';
  const character = part.length > 1 && part.startsWith('\\') ? part.slice(1) : part;
  const cases = casesOf(character);
  if (cases.length > 1) return `[${cases.join('')}]`;
  return /[\p{L}\p{N}]/u.test(character) ? character : `\\U${hex(character)}`;
}

/** Only letters have several. What is more than one letter in another case, as ß is, has one. */
function casesOf(character: string): string[] {
  const upper = character.toUpperCase();
  const cases = new Set([character, character.toLowerCase(), upper, upper.toLowerCase()]);
  return [...cases].filter((text) => Array.from(text).length === 1);
}

const hex = (character: string): string => character.codePointAt(0)!.toString(16).padStart(8, '0');
