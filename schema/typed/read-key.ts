import { GraphQLError, Kind, parse, print } from 'graphql';
import type { DirectiveNode, FieldNode, ObjectTypeDefinitionNode, SelectionSetNode } from 'graphql';
import { placeOf } from './problems.ts';
import { argumentsOf, isCollection, nameIn, type Reading } from './reading.ts';

/**
 * Whether a @key is one that other subgraphs resolve. Ours, by id, is made for every collection:
 * written down it means the same, and is not repeated.
 */
export function isOthersKey(
  directive: DirectiveNode,
  type: ObjectTypeDefinitionNode,
  reading: Reading,
): boolean {
  const key = argumentsOf(directive, reading);
  if (!key) return false;
  const text = String(key['fields']);
  const fields = parseFields(text);
  const fault = fields ? faultOfFields(fields, type, reading) : needsFields(type, text);
  const isOurs = isCollection(type) && fields?.map((field) => print(field)).join(' ') === 'id';
  const wrong = fault ?? faultOfResolvable(type, isOurs, key['resolvable'] === true);
  if (wrong) {
    reading.problems.report(placeOf(directive), `@key(fields: ${JSON.stringify(text)}) ${wrong}.`);
  }
  return !isOurs;
}

/** null when it is not a list of fields. */
function parseFields(text: string): readonly FieldNode[] | null {
  try {
    const { definitions } = parse(`{${text}}`);
    const [definition] = definitions;
    if (definitions.length > 1 || definition?.kind !== Kind.OPERATION_DEFINITION) return null;
    return fieldsIn(definition.selectionSet);
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

function fieldsIn({ selections }: SelectionSetNode): readonly FieldNode[] | null {
  const fields = selections.filter((selection) => selection.kind === Kind.FIELD);
  const plain = fields.filter(({ alias, arguments: given }) => !alias && !given?.length);
  return plain.length === selections.length ? plain : null;
}

/** Down to the scalars: what composition says of a wrong one names no file. */
function faultOfFields(
  fields: readonly FieldNode[],
  type: ObjectTypeDefinitionNode,
  reading: Reading,
): string | null {
  return fields.map((field) => faultOfField(field, type, reading)).find(isText) ?? null;
}

function faultOfField(
  { name: { value: name }, selectionSet }: FieldNode,
  type: ObjectTypeDefinitionNode,
  reading: Reading,
): string | null {
  const declared = type.fields?.find((field) => field.name.value === name);
  if (!declared) return `must select fields of ${type.name.value}; there is no "${name}"`;
  const object = reading.types.get(nameIn(declared.type));
  if (object) {
    const fields = selectionSet && fieldsIn(selectionSet);
    return fields ? faultOfFields(fields, object, reading) : needsFields(object, name);
  }
  return selectionSet ? `must select nothing of ${type.name.value}.${name}; it is no object` : null;
}

const isText = (fault: string | null): fault is string => fault !== null;

const needsFields = ({ name }: ObjectTypeDefinitionNode, got: string): string =>
  `must select fields of ${name.value}; got ${JSON.stringify(got)}`;

function faultOfResolvable(
  type: ObjectTypeDefinitionNode,
  isOurs: boolean,
  resolvable: boolean,
): string | null {
  if (isOurs === resolvable) return null;
  if (isOurs) return `is resolved here; leave out "resolvable: false"`;
  return isCollection(type)
    ? 'needs "resolvable: false": a record is found by its id alone'
    : `needs "resolvable: false": ${type.name.value} is stored inside of records`;
}
