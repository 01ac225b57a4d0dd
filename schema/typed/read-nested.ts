import type { ObjectTypeDefinitionNode } from 'graphql';
import type { NestedType } from './model.ts';
import { placeOf } from './problems.ts';
import { readTypeDirectives } from './read-directives.ts';
import { describe, readFields } from './read-fields.ts';
import { directiveOf, nameIn, type Reading } from './reading.ts';

/** A type without @collection: an object inside of metadata. */
export function readNested(type: ObjectTypeDefinitionNode, reading: Reading): NestedType {
  const name = type.name.value;
  if (!type.fields?.length) {
    reading.problems.report(placeOf(type.name), `${name} must have at least one field; got none.`);
  }
  if (type.fields?.length && type.fields.every((field) => directiveOf(field, 'inaccessible'))) {
    reading.problems.report(
      placeOf(type.name),
      `${name} must have a field that is not @inaccessible; got none.`,
    );
  }
  if (!isUsed(name, reading)) {
    reading.problems.report(
      placeOf(type.name),
      `${name} must have @collection(name:, dimension:) or be the type of a field; it has neither.`,
    );
  }
  return {
    name,
    ...describe(type, readTypeDirectives(type, reading)),
    fields: readFields(type, reading),
    place: placeOf(type.name),
  };
}

const isUsed = (name: string, { types }: Reading): boolean =>
  [...types.values()].some(({ fields = [] }) => fields.some(({ type }) => nameIn(type) === name));
