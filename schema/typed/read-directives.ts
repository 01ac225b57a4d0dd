import { print } from 'graphql';
import type { DirectiveNode, FieldDefinitionNode, ObjectTypeDefinitionNode } from 'graphql';
import { placeOf } from './problems.ts';
import { isOthersKey } from './read-key.ts';
import type { Reading } from './reading.ts';
import { ownDirectives, unenforcedDirectives } from './vocabulary.ts';

/** Those that pass through, printed. */
export const readTypeDirectives = (type: ObjectTypeDefinitionNode, reading: Reading): string[] =>
  passing(type, 'OBJECT', reading)
    .filter((directive) => directive.name.value !== 'key' || isOthersKey(directive, type, reading))
    .map(print);

export const readFieldDirectives = (field: FieldDefinitionNode, reading: Reading): string[] =>
  passing(field, 'FIELD_DEFINITION', reading).map(print);

type Location = 'OBJECT' | 'FIELD_DEFINITION';

function passing(
  { directives = [] }: ObjectTypeDefinitionNode | FieldDefinitionNode,
  location: Location,
  { vocabulary, problems }: Reading,
): DirectiveNode[] {
  const allowed = vocabulary
    .getDirectives()
    .filter(({ locations }) => locations.some((one) => one === location))
    .map(({ name }) => name);
  for (const { name } of directives) {
    if (allowed.includes(name.value)) continue;
    const list = allowed.map((one) => `@${one}`).join(', ');
    const why = unenforcedDirectives.has(name.value) ? ', which the gateway does not enforce' : '';
    problems.report(
      placeOf(name),
      `${whatHas[location]} can have ${list}; got @${name.value}${why}.`,
    );
  }
  return directives.filter(
    ({ name }) => allowed.includes(name.value) && !ownDirectives.has(name.value),
  );
}

const whatHas = { OBJECT: 'A type', FIELD_DEFINITION: 'A field' } as const;
