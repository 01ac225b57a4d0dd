import { GraphQLError, Kind, parse, Source } from 'graphql';
import type { DefinitionNode, ObjectTypeDefinitionNode } from 'graphql';
import { placeOf, placeText, type Problems } from './problems.ts';

export interface SdlFile {
  /** As errors name it. */
  readonly name: string;
  readonly text: string;
}

/** The object types of all files, by name. Whatever else stands there is reported. */
export function readFiles(
  files: readonly SdlFile[],
  problems: Problems,
): ReadonlyMap<string, ObjectTypeDefinitionNode> {
  const types = new Map<string, ObjectTypeDefinitionNode>();
  for (const definition of files.flatMap((file) => parseFile(file, problems))) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) {
      problems.report(
        placeOf(definition),
        `Only types of objects can stand here, such as type Doc @collection(...) { ... }; got: ${kindOf(definition)}.${adviceOn(definition)}`,
      );
      continue;
    }
    const { name, interfaces = [] } = definition;
    const first = types.get(name.value);
    if (first) {
      problems.report(
        placeOf(name),
        `A type must be declared once; ${name.value} is at ${placeText(placeOf(first.name))} already.`,
      );
      continue;
    }
    types.set(name.value, definition);
    for (const one of interfaces) {
      problems.report(
        placeOf(one),
        `${name.value} must not implement anything; got ${one.name.value}.`,
      );
    }
  }
  return types;
}

function parseFile({ name, text }: SdlFile, problems: Problems): readonly DefinitionNode[] {
  // To GraphQL a document without definitions is a mistake; a file may be nothing but comments.
  if (text.replaceAll(/#.*|[\s,\uFEFF]/g, '') === '') return [];
  try {
    return parse(new Source(text, name)).definitions;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { line = 1, column = 1 } = error.locations?.[0] ?? {};
    problems.report({ file: name, line, column }, error.message);
    return [];
  }
}

const adviceOn = ({ kind }: DefinitionNode): string =>
  kind === Kind.SCHEMA_EXTENSION ? ' Directives of federation need no @link.' : '';

/** "InterfaceTypeDefinition" is "interface type definition". */
const kindOf = ({ kind }: DefinitionNode): string =>
  kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
