import {
  buildASTSchema,
  isObjectType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
} from 'graphql';
import { typeDefs } from '../../schema/sdl.ts';
import type { Subject } from './subject.ts';

/** Everything that clients can ask for must have been asked for by the suites before. */
export function contract(used: () => ReadonlySet<string>): void {
  test('every field and argument of the contract was used', () => {
    const missing = publicNames().filter((name) => !used().has(name));
    expect(missing).toEqual([]);
  });
}

/** The same subject, with a note of each field and argument that it is asked for. */
export function noting(subject: Subject, used: Set<string>): Subject {
  const noted = new Set<string>();
  return {
    ...subject,
    execute(query, variables) {
      if (!noted.has(query)) note(query, used);
      noted.add(query);
      return subject.execute(query, variables);
    },
  };
}

const schema = buildASTSchema(parse(typeDefs), { assumeValidSDL: true });

function note(query: string, used: Set<string>): void {
  const info = new TypeInfo(schema);
  const add = (name: string | undefined, argument = ''): void => {
    used.add(`${info.getParentType()?.name}.${name}${argument}`);
  };
  visit(
    parse(query),
    visitWithTypeInfo(info, {
      Field: (node) => add(node.name.value),
      Argument: (node) => add(info.getFieldDef()?.name, `(${node.name.value}:)`),
    }),
  );
}

function publicNames(): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('_'))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(isPublic)
        .flatMap((field) => [
          `${type.name}.${field.name}`,
          ...field.args.filter(isPublic).map((arg) => `${type.name}.${field.name}(${arg.name}:)`),
        ]),
    );
}

const isPublic = ({ astNode }: GraphQLField<unknown, unknown> | GraphQLArgument): boolean =>
  !astNode?.directives?.some((directive) => directive.name.value === 'inaccessible');
