import { isUnionType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { placeIn } from '../schema/argument.ts';
import { errors } from '../schema/errors.ts';
import { isObject } from '../schema/json.ts';

/**
 * Lets a reference to what is no entity fail at its own place. Apollo's resolver throws at the first
 * such one and leaves behind what it began for those before it: if that fails later, nobody is there
 * to take the error, which ends the process.
 */
export function withEntitiesAlone(schema: GraphQLSchema): GraphQLSchema {
  const field = schema.getQueryType()!.getFields()['_entities']!;
  const resolve = field.resolve as GraphQLFieldResolver<unknown, unknown, References, unknown[]>;
  const isEntity = entityTest(schema);
  field.resolve = (source, { representations }: References, context, info) =>
    representations.flatMap((reference, i) =>
      isEntity(reference)
        ? resolve(source, { representations: [reference] }, context, info)
        : noEntity(reference, placeIn('representations', i)),
    );
  return schema;
}

interface References {
  readonly representations: readonly unknown[];
}

function entityTest(schema: GraphQLSchema): (reference: unknown) => boolean {
  const union = schema.getType('_Entity');
  const names = new Set<unknown>(
    isUnionType(union) ? union.getTypes().map(({ name }) => name) : [],
  );
  return (reference) => isObject(reference) && names.has(reference['__typename']);
}

function noEntity(reference: unknown, argument: string): Error {
  if (!isObject(reference)) return errors.badInput(argument, 'an object', reference);
  const place = placeIn(argument, '__typename');
  return errors.badInput(place, 'the name of an entity', reference['__typename']);
}
