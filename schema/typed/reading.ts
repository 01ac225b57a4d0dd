import { getDirectiveValues, GraphQLError } from 'graphql';
import type { DirectiveNode, GraphQLSchema, ObjectTypeDefinitionNode, TypeNode } from 'graphql';
import type { Problems } from './problems.ts';

/** What every step of reading somebody's SDL needs. */
export interface Reading {
  /** All object types of all files, by name. */
  readonly types: ReadonlyMap<string, ObjectTypeDefinitionNode>;
  /** The directives that can stand there. */
  readonly vocabulary: GraphQLSchema;
  readonly problems: Problems;
}

export const isCollection = (type: ObjectTypeDefinitionNode): boolean =>
  directiveOf(type, 'collection') !== undefined;

export const directiveOf = (
  { directives }: { readonly directives?: readonly DirectiveNode[] },
  name: string,
): DirectiveNode | undefined => directives?.find((directive) => directive.name.value === name);

/** The name of a type without its lists and exclamation marks. */
export const nameIn = (type: TypeNode): string =>
  'name' in type ? type.name.value : nameIn(type.type);

/** With its defaults. undefined when they are wrong, which `checkArguments` reports. */
export function argumentsOf(
  directive: DirectiveNode,
  { vocabulary }: Reading,
): Readonly<Record<string, unknown>> | undefined {
  const definition = vocabulary.getDirective(directive.name.value);
  if (!definition) return undefined;
  try {
    return getDirectiveValues(definition, { directives: [directive] });
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}
