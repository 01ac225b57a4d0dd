import {
  Kind,
  KnownArgumentNamesRule,
  ProvidedRequiredArgumentsRule,
  UniqueArgumentNamesRule,
  UniqueDirectivesPerLocationRule,
  validate,
  ValuesOfCorrectTypeRule,
} from 'graphql';
import { placeOf } from './problems.ts';
import type { Reading } from './reading.ts';

/** GraphQL's own rules for directives; which of them can stand where is `readDirectives`' matter. */
export function checkArguments({ types, vocabulary, problems }: Reading): void {
  const document = { kind: Kind.DOCUMENT, definitions: [...types.values()] } as const;
  // Everything is to be told at once: by default GraphQL stops after a hundred.
  for (const error of validate(vocabulary, document, rules, { maxErrors: Infinity })) {
    // Of two that should be one, the second.
    const node = error.nodes?.at(-1);
    if (node) problems.report(placeOf(node), error.message);
  }
}

const rules = [
  UniqueDirectivesPerLocationRule,
  UniqueArgumentNamesRule,
  KnownArgumentNamesRule,
  ProvidedRequiredArgumentsRule,
  ValuesOfCorrectTypeRule,
];
