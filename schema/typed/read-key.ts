import { GraphQLError, Kind, parse, print } from 'graphql';
import type { DirectiveNode, FieldNode, ObjectTypeDefinitionNode } from 'graphql';
import { placeOf } from './problems.ts';
import { argumentsOf, isCollection, type Reading } from './reading.ts';

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
  const fault = fields
    ? faultOfFields(fields, type)
    : `must select fields of ${type.name.value}; got ${JSON.stringify(text)}`;
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
    const { selections } = definition.selectionSet;
    const fields = selections.filter((selection) => selection.kind === Kind.FIELD);
    return fields.length === selections.length ? fields : null;
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

function faultOfFields(
  fields: readonly FieldNode[],
  { name, fields: declared = [] }: ObjectTypeDefinitionNode,
): string | null {
  const names = declared.map((field) => field.name.value);
  const unknown = fields.find((field) => !names.includes(field.name.value));
  return unknown
    ? `must select fields of ${name.value}; there is no "${unknown.name.value}"`
    : null;
}

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
