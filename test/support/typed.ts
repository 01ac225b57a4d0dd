import type { TypedCollections } from '../../schema/typed/model.ts';
import { parseTypedCollections } from '../../schema/typed/parse.ts';
import { TypedCollectionsError } from '../../schema/typed/problems.ts';

/** The SDL of one file. */
export const typedOf = (text: string): TypedCollections =>
  parseTypedCollections([{ name: 'docs.graphql', text }]);

/** What is said to be wrong in SDL files, a line each. */
export function problemsIn(...files: Parameters<typeof parseTypedCollections>[0]): string[] {
  try {
    parseTypedCollections(files);
  } catch (error) {
    if (!(error instanceof TypedCollectionsError)) throw error;
    const [head, ...lines] = error.message.split('\n  ');
    expect(head).toBe('Invalid typed collections:');
    return lines;
  }
  return [];
}
