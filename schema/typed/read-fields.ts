import type { FieldDefinitionNode, ObjectTypeDefinitionNode } from 'graphql';
import { isStorable, storableText } from '../json.ts';
import type { Described, TypedField } from './model.ts';
import { placeOf } from './problems.ts';
import { readFieldDirectives } from './read-directives.ts';
import { readFieldType } from './read-field-type.ts';
import { argumentsOf, directiveOf, isCollection, type Reading } from './reading.ts';

/** The fields that hold metadata. One without a type that can be read is reported and left out. */
export function readFields(type: ObjectTypeDefinitionNode, reading: Reading): TypedField[] {
  const declared = type.fields ?? [];
  for (const [position, field] of declared.entries()) {
    checkField(type, field, declared.slice(0, position), reading);
  }
  return declared
    .filter((field) => !(isCollection(type) && field.name.value === 'id'))
    .flatMap((field) => readField(type, field, reading));
}

export const describe = (
  { description }: ObjectTypeDefinitionNode | FieldDefinitionNode,
  directives: readonly string[],
): Described => ({ description: description?.value ?? null, directives });

function checkField(
  type: ObjectTypeDefinitionNode,
  { name, arguments: [argument] = [] }: FieldDefinitionNode,
  before: readonly FieldDefinitionNode[],
  { problems }: Reading,
): void {
  const field = `${type.name.value}.${name.value}`;
  const reserved = isCollection(type) ? reservedOfCollections : reservedOfNested;
  if (before.some((other) => other.name.value === name.value)) {
    problems.report(placeOf(name), `A field must be declared once; ${field} is there already.`);
  }
  if (name.value.startsWith('__') || reserved.includes(name.value)) {
    problems.report(
      placeOf(name),
      `${field} must have another name: ${reserved.join(', ')} and what begins with __ are taken.`,
    );
  }
  // graphql-js takes the one of the prototype for a value that a caller gave.
  if (!name.value.startsWith('__') && name.value in Object.prototype) {
    problems.report(
      placeOf(name),
      `${field} must have another name: every object of JavaScript has "${name.value}".`,
    );
  }
  if (argument) {
    problems.report(
      placeOf(argument.name),
      `${field} must have no arguments; got "${argument.name.value}".`,
    );
  }
}

/** The fields that every collection has, the operators of its filter, and no names for an enum's values. */
const reservedOfCollections = 'vector metadata similar and or not true false null'.split(' ');
const reservedOfNested = ['isNull'];

function readField(
  type: ObjectTypeDefinitionNode,
  field: FieldDefinitionNode,
  reading: Reading,
): TypedField[] {
  const name = field.name.value;
  const directives = readFieldDirectives(field, reading);
  const column = readColumn(type, field, reading);
  const fieldType = readFieldType(field.type, {
    ...reading,
    field: `${type.name.value}.${name}`,
  });
  if (!fieldType) return [];
  return [
    {
      name,
      key: column ?? name,
      isColumn: column !== undefined,
      type: fieldType,
      ...describe(field, directives),
      place: placeOf(field.name),
    },
  ];
}

function readColumn(
  type: ObjectTypeDefinitionNode,
  field: FieldDefinitionNode,
  reading: Reading,
): string | undefined {
  const directive = directiveOf(field, 'column');
  const column = directive && argumentsOf(directive, reading)?.['name'];
  if (!directive || typeof column !== 'string') return undefined;
  const refuse = (message: string): void => reading.problems.report(placeOf(directive), message);

  if (!isCollection(type)) {
    refuse(
      `@column is for the fields of a collection; those of ${type.name.value} are the keys of an object inside of it.`,
    );
  } else if (column === '') refuse('@column(name:) must be at least one character; got "".');
  else if (column.startsWith('$')) {
    refuse(
      `@column(name:) must not begin with $, as the operators of filters do; got "${column}".`,
    );
  } else if (!isStorable(column)) {
    refuse(`@column(name:) must be ${storableText}; got ${JSON.stringify(column)}.`);
  }
  return column;
}
