import { print, type ObjectTypeDefinitionNode } from 'graphql';
import type { Described, TypedCollection, TypedField } from './model.ts';
import { placeOf, placeText } from './problems.ts';
import { readFieldDirectives, readTypeDirectives } from './read-directives.ts';
import { describe, readFields } from './read-fields.ts';
import { readSettings } from './read-settings.ts';
import { directiveOf, type Reading } from './reading.ts';

/** A type with @collection; none when its arguments cannot be read, which is reported. */
export function readCollection(
  node: ObjectTypeDefinitionNode,
  reading: Reading,
): readonly TypedCollection[] {
  const read = {
    ...describe(node, readTypeDirectives(node, reading)),
    id: readId(node, reading),
    fields: readFields(node, reading),
  };
  checkKeys(node.name.value, read.fields, reading);

  const settings = readSettings(node, reading);
  return settings
    ? [{ type: node.name.value, ...settings, ...read, place: placeOf(node.name) }]
    : [];
}

function readId(node: ObjectTypeDefinitionNode, reading: Reading): Described {
  const id = node.fields?.find(({ name }) => name.value === 'id');
  const needed = `${node.name.value} must have the field "id: ID!", the key of its record`;
  if (!id) {
    reading.problems.report(placeOf(node.name), `${needed}; got none.`);
    return { description: null, directives: [] };
  }
  const type = print(id.type);
  if (type !== 'ID!') reading.problems.report(placeOf(id.type), `${needed}; got "id: ${type}".`);
  const column = directiveOf(id, 'column');
  if (column) {
    reading.problems.report(
      placeOf(column),
      `@column is for metadata; ${node.name.value}.id is the record's key.`,
    );
  }
  return describe(id, readFieldDirectives(id, reading));
}

function checkKeys(type: string, fields: readonly TypedField[], { problems }: Reading): void {
  for (const [position, { name, key, place }] of fields.entries()) {
    const first = fields.slice(0, position).find((field) => field.key === key);
    // The same name twice is a mistake of its own.
    if (!first || first.name === name) continue;
    problems.report(
      place,
      `${type}.${name} must have a key of its own; ${JSON.stringify(key)} is that of ${type}.${first.name} (${placeText(first.place)}).`,
    );
  }
}
