import { placeIn } from '../../schema/argument.ts';
import { errors, withArgument } from '../../schema/errors.ts';
import { parseFilter, type FilterOptions } from '../../schema/filter-parser.ts';
import type { Filter } from '../../schema/filter.ts';
import { isObject } from '../../schema/json.ts';
import type { FieldScalar, FieldType } from '../../schema/typed/model.ts';
import {
  conditionsOf,
  joined,
  located,
  sourceOf,
  type Condition,
  type Filtered,
  type Places,
  type Scope,
} from './filter-condition.ts';
import { operatorOf, operatorsOf } from './filter-operators.ts';

/**
 * A filter as a collection's own input type has it, by way of the one filter grammar, which judges
 * it. Errors name the place in the input as the caller wrote it.
 */
export function readTypedFilter(
  input: unknown,
  filtered: Filtered,
  options: FilterOptions,
): Filter | null {
  if (!isGiven(input)) return null;
  const { argument } = options;
  const places: Places = new Map([[argument, argument]]);
  const isEmpty = isObject(input) && Object.keys(input).length === 0;
  const scope: Scope = { ...filtered, argument, steps: [], depth: 0, options, places };
  const json = isEmpty ? {} : objectOf(input, scope)(argument);
  try {
    return parseFilter(json, options);
  } catch (error) {
    throw withArgument(error, (place) => sourceOf(place, places));
  }
}

export const isGiven = (input: unknown): boolean => input !== null && input !== undefined;

function objectOf(input: unknown, scope: Scope): Condition {
  const conditions = conditionsOf(input, scope.argument).map(([name, value]) =>
    entryOf(name, value, { ...scope, argument: placeIn(scope.argument, name) }),
  );
  return joined('$and', conditions);
}

function entryOf(name: string, value: unknown, scope: Scope): Condition {
  if (scope.steps.length === 0 && (name === 'and' || name === 'or')) {
    return partsOf(name, value, deeper(scope));
  }
  if (scope.steps.length === 0 && name === 'not') return notOf(value, deeper(scope));
  const field = scope.fields.find((one) => one.name === name);
  // `isNull` of a nested object: the input type lets nothing else through.
  if (!field) return operatorOf(name, value, null, scope);

  const { key, type } = field;
  const inside = { ...scope, steps: [...scope.steps, { key, argument: scope.argument }] };
  if (type.kind !== 'object') return operatorsOf(value, scalarOf(type), inside);
  return objectOf(value, { ...deeper(inside), fields: scope.nestedFields(type.name) });
}

function partsOf(name: 'and' | 'or', value: unknown, scope: Scope): Condition {
  if (!Array.isArray(value)) {
    throw errors.invalidFilter(scope.argument, 'a list of at least one filter', value);
  }
  const parts = value.map((part: unknown, i) => {
    const inside = { ...scope, argument: placeIn(scope.argument, i) };
    return located(objectOf(part, inside), inside);
  });
  const operator = `$${name}`;
  return (place) => {
    const list = placeIn(place, operator);
    scope.places.set(list, scope.argument);
    return { [operator]: parts.map((part, i) => part(placeIn(list, i))) };
  };
}

function notOf(value: unknown, scope: Scope): Condition {
  const part = located(objectOf(value, scope), scope);
  return (place) => ({ $not: part(placeIn(place, '$not')) });
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
