import { placeIn } from '../../schema/argument.ts';
import { errors, withArgument } from '../../schema/errors.ts';
import { filterToJson } from '../../schema/filter-json.ts';
import { parseFilter, type FilterOptions } from '../../schema/filter-parser.ts';
import type { Filter } from '../../schema/filter.ts';
import { isObject } from '../../schema/json.ts';
import type { FieldScalar, FieldType } from '../../schema/typed/model.ts';
import { conditionsOf, joined, type Filtered, type Scope } from './filter-condition.ts';
import { operatorOf, operatorsOf } from './filter-operators.ts';

/**
 * A filter as a collection's own input type has it. Errors name the place in the input as the caller
 * wrote it; what is too much in all is an error of the whole.
 */
export function readTypedFilter(
  input: unknown,
  filtered: Filtered,
  options: FilterOptions,
): Filter | null {
  const isEmpty = isObject(input) && Object.keys(input).length === 0;
  if (!isGiven(input) || isEmpty) return null;
  const { argument } = options;
  const filter = objectOf(input, { ...filtered, argument, steps: [], depth: 0, options });
  try {
    // Each condition was judged alone: together they may be too many, or too deep for the pods.
    return parseFilter(filterToJson(filter), options);
  } catch (error) {
    throw withArgument(error, () => argument);
  }
}

export const isGiven = (input: unknown): boolean => input !== null && input !== undefined;

function objectOf(input: unknown, scope: Scope): Filter {
  const parts = conditionsOf(input, scope.argument).map(([name, value]) =>
    entryOf(name, value, { ...scope, argument: placeIn(scope.argument, name) }),
  );
  return joined('and', parts);
}

function entryOf(name: string, value: unknown, scope: Scope): Filter {
  if (scope.steps.length === 0) {
    if (name === 'and' || name === 'or') return partsOf(name, value, deeper(scope));
    if (name === 'not') return { kind: 'not', part: objectOf(value, deeper(scope)) };
  }
  const field = scope.fields.find((one) => one.name === name);
  // `isNull` of a nested object: the input type lets nothing else through.
  if (!field) return operatorOf(name, value, null, scope);

  const { key, type } = field;
  const inside = { ...scope, steps: [...scope.steps, { key, argument: scope.argument }] };
  if (type.kind !== 'object') return operatorsOf(value, scalarOf(type), inside);
  return objectOf(value, { ...deeper(inside), fields: scope.nestedFields(type.name) });
}

function partsOf(kind: 'and' | 'or', value: unknown, scope: Scope): Filter {
  if (!Array.isArray(value) || value.length === 0) {
    throw errors.invalidFilter(scope.argument, 'a list of at least one filter', value);
  }
  const parts = value.map((part: unknown, i) =>
    objectOf(part, { ...scope, argument: placeIn(scope.argument, i) }),
  );
  return joined(kind, parts);
}

/** Of a list, that of its elements. */
function scalarOf(type: FieldType): FieldScalar | null {
  if (type.kind === 'list') return scalarOf(type.of);
  return type.kind === 'scalar' ? type.scalar : null;
}

/** The grammar counts levels too, but it would come too late for input that is nested without end. */
function deeper(scope: Scope): Scope {
  const depth = scope.depth + 1;
  const { filterDepthMax } = scope.options.limits;
  if (depth <= filterDepthMax) return { ...scope, depth };
  throw errors.limitExceeded(scope.argument, 'levels', filterDepthMax, depth);
}
