import { GraphQLError, type DirectiveNode, type ObjectTypeDefinitionNode } from 'graphql';
import { defaultLimits } from '../limits.ts';
import { checkBucketName, checkCollectionName } from '../names.ts';
import type { Place, TypedCollection } from './model.ts';
import { defaultMany, defaultOne } from './names.ts';
import { placeOf } from './problems.ts';
import { argumentsOf, directiveOf, type Reading } from './reading.ts';

type Settings = Pick<
  TypedCollection,
  'bucket' | 'collection' | 'dimension' | 'metric' | 'one' | 'many'
>;

/** What @collection says, with its defaults. undefined when it cannot be read, which is reported. */
export function readSettings(
  node: ObjectTypeDefinitionNode,
  reading: Reading,
): Settings | undefined {
  const directive = directiveOf(node, 'collection');
  const values = directive && argumentsOf(directive, reading);
  if (!values) return undefined;
  // The vocabulary has seen to it that they are of these types.
  const given = values as unknown as Arguments;
  for (const [argument, fault] of Object.entries(faultsOf(given))) {
    if (fault) reading.problems.report(placeOfArgument(directive, argument), fault);
  }
  const { name: collection, bucket, dimension, metric } = given;
  const one = given.one ?? defaultOne(node.name.value);
  const many = given.many ?? defaultMany(one);
  return { bucket, collection, dimension, metric: metric ?? null, one, many };
}

interface Arguments extends Pick<Settings, 'bucket' | 'dimension' | 'metric'> {
  readonly name: string;
  readonly one?: string | null;
  readonly many?: string | null;
}

const faultsOf = ({ name, bucket, dimension, one, many }: Arguments) => ({
  name: refusalOf(() => checkCollectionName(name, 'name')),
  bucket: refusalOf(() => checkBucketName(bucket, 'bucket')),
  dimension:
    dimension >= 1 && dimension <= defaultLimits.dimensionMax
      ? null
      : `dimension must be from 1 to ${defaultLimits.dimensionMax}; got ${dimension}.`,
  one: faultOfField('one', one),
  many: faultOfField('many', many),
});

function refusalOf(check: () => string): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof GraphQLError) return error.message;
    throw error;
  }
}

const faultOfField = (argument: string, name: string | null | undefined): string | null =>
  name === undefined || name === null || /^[A-Za-z]\w*$/.test(name)
    ? null
    : `${argument} must be letters, digits and _, a letter first; got ${JSON.stringify(name)}.`;

function placeOfArgument(directive: DirectiveNode, name: string): Place {
  const argument = directive.arguments?.find((one) => one.name.value === name);
  return placeOf(argument?.value ?? directive);
}
