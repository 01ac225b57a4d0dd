import { checkArguments } from './check-arguments.ts';
import { checkNames } from './check-names.ts';
import { checkNesting } from './check-nesting.ts';
import type { TypedCollections } from './model.ts';
import { collectProblems } from './problems.ts';
import { readCollection } from './read-collection.ts';
import { readFiles, type SdlFile } from './read-files.ts';
import { readNested } from './read-nested.ts';
import { isCollection, type Reading } from './reading.ts';
import { makeVocabulary } from './vocabulary.ts';

/**
 * Somebody's SDL, checked. Throws one TypedCollectionsError, which names the file, line and column
 * of everything that is wrong.
 */
export function parseTypedCollections(files: readonly SdlFile[]): TypedCollections {
  const problems = collectProblems(files);
  const types = readFiles(files, problems);
  const reading: Reading = { types, vocabulary: makeVocabulary(), problems };
  const declared = [...types.values()];
  const typed: TypedCollections = {
    collections: declared.filter(isCollection).flatMap((type) => readCollection(type, reading)),
    nested: declared.filter((type) => !isCollection(type)).map((type) => readNested(type, reading)),
  };

  checkArguments(reading);
  checkNames(typed, problems);
  checkNesting(typed, problems);
  problems.throwIfAny();
  return typed;
}
