import type { ASTNode } from 'graphql';
import type { Place } from './model.ts';

/** What is wrong in somebody's SDL files: all of it, a line each, in the order of the files. */
export class TypedCollectionsError extends Error {
  override readonly name = 'TypedCollectionsError';
}

export interface Problems {
  report(place: Place, message: string): void;
  /** Throws one error that says everything that was reported. */
  throwIfAny(): void;
}

export function collectProblems(files: readonly { readonly name: string }[]): Problems {
  const found: { place: Place; message: string }[] = [];
  const order = files.map(({ name }) => name);

  return {
    report(place, message) {
      found.push({ place, message });
    },

    throwIfAny() {
      if (found.length === 0) return;
      found.sort(
        ({ place: a }, { place: b }) =>
          order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line || a.column - b.column,
      );
      const lines = found.map(({ place, message }) => `${placeText(place)} ${message}`);
      throw new TypedCollectionsError(`Invalid typed collections:\n  ${lines.join('\n  ')}`);
    },
  };
}

/** "docs.graphql:3:14", where editors and terminals can jump to. */
export const placeText = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;

/** Where a node begins. Of a declaration take the name: it may begin with its description. */
export function placeOf({ loc }: ASTNode): Place {
  const file = loc?.source.name ?? '';
  return { file, line: loc?.startToken.line ?? 1, column: loc?.startToken.column ?? 1 };
}
