import { Kind, print, type NamedTypeNode, type TypeNode } from 'graphql';
import { fieldScalars, type FieldType } from './model.ts';
import { placeOf } from './problems.ts';
import { isCollection, type Reading } from './reading.ts';

interface ReadingField extends Reading {
  /** "Doc.title". */
  readonly field: string;
}

/** undefined, and reported, when it is none that metadata can have. */
export function readFieldType(
  node: TypeNode,
  reading: ReadingField,
  nonNull = false,
): FieldType | undefined {
  switch (node.kind) {
    case Kind.NON_NULL_TYPE:
      return readFieldType(node.type, reading, true);
    case Kind.LIST_TYPE:
      return readList(node.type, reading, nonNull);
    case Kind.NAMED_TYPE:
      return readNamed(node, reading, nonNull);
    default:
      return node satisfies never;
  }
}

function readList(
  element: TypeNode,
  reading: ReadingField,
  nonNull: boolean,
): FieldType | undefined {
  const of = readFieldType(element, reading);
  if (of?.kind !== 'list') return of && { kind: 'list', of, nonNull };
  reading.problems.report(
    placeOf(element),
    `${reading.field} must be a list of scalars or objects; got [${print(element)}].`,
  );
  return undefined;
}

function readNamed(
  node: NamedTypeNode,
  { types, problems, field }: ReadingField,
  nonNull: boolean,
): FieldType | undefined {
  const name = node.name.value;
  const scalar = fieldScalars.find((one) => one === name);
  if (scalar) return { kind: 'scalar', scalar, nonNull };

  const declared = types.get(name);
  if (declared && !isCollection(declared)) return { kind: 'object', name, nonNull };
  problems.report(
    placeOf(node),
    declared
      ? `${field} must be a part of the record; ${name} is a collection of its own. Keep its id here, and let another subgraph refer to it.`
      : `${field} must be ${fieldScalars.join(', ')}, an object type of these files, or a list of one of them; got ${name}.`,
  );
  return undefined;
}
