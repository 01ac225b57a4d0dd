import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import { parseFilter, type FilterOptions } from '../../schema/filter-parser.ts';
import type { Filter, JsonObject } from '../../schema/filter.ts';
import { isObject, isStorable, storableText } from '../../schema/json.ts';
import { isPrimitive, type Primitive } from './metadata.ts';

/**
 * A filter of S3 Vectors: one level of keys, and a condition holds for a list when it holds for an
 * element of it. `$ne` and `$nin` are the opposites of `$eq` and `$in` where the key is there. It
 * becomes one of ours, and is held to the limits of ours.
 */
export function readS3Filter(input: unknown, options: FilterOptions): Filter | null {
  if (input === undefined) return null;
  const { argument, limits, nonFilterableKeys = [] } = options;
  const place = { argument, level: 0, levelsMax: limits.filterDepthMax, nonFilterableKeys };
  return parseFilter(translated(input, place), options);
}

interface Place {
  readonly argument: string;
  readonly level: number;
  readonly levelsMax: number;
  readonly nonFilterableKeys: readonly string[];
}

function translated(input: unknown, place: Place): JsonObject {
  const entries = isObject(input) ? Object.entries(input) : [];
  if (entries.length === 0) {
    throw errors.invalidFilter(place.argument, 'an object with at least one condition', input);
  }
  const connective = entries.find(([key]) => key.startsWith('$'));
  if (!connective) return allOf(entries.flatMap(([key, value]) => conditions(key, value, place)));

  const [name, parts] = connective;
  const argument = placeIn(place.argument, name);
  if (name !== '$and' && name !== '$or') {
    throw errors.invalidFilter(argument, 'a metadata key, $and or $or', name);
  }
  if (entries.length > 1) {
    throw errors.invalidFilter(place.argument, `${name} alone, or metadata keys alone`, input);
  }
  return { [name]: translatedParts(parts, { ...place, argument }) };
}

/** This is also what ends the recursion on input that is nested without end. */
function translatedParts(input: unknown, place: Place): JsonObject[] {
  const { argument, level, levelsMax } = place;
  if (!Array.isArray(input) || input.length === 0) {
    throw errors.invalidFilter(argument, 'a list of at least one filter', input);
  }
  if (level >= levelsMax) throw errors.limitExceeded(argument, 'levels', levelsMax, level + 1);
  return input.map((part, i) =>
    translated(part, { ...place, argument: placeIn(argument, i), level: level + 1 }),
  );
}

/** One condition each operator: on a list, each may hold for another element. */
function conditions(key: string, input: unknown, place: Place): JsonObject[] {
  const argument = placeIn(place.argument, key);
  if (!isStorable(key)) throw errors.invalidFilter(argument, storableText, key);
  if (place.nonFilterableKeys.includes(key)) {
    throw errors.invalidFilter(argument, 'a key that can be filtered on', key);
  }
  if (!isObject(input)) return [{ [key]: any('$eq', readPrimitive(input, argument)) }];
  const entries = Object.entries(input);
  if (entries.length === 0) {
    throw errors.invalidFilter(argument, 'a value, or an object of operators', input);
  }
  return entries.map(([operator, operand]) => ({
    [key]: condition(operator, operand, placeIn(argument, operator)),
  }));
}

function condition(operator: string, operand: unknown, argument: string): JsonObject {
  switch (operator) {
    case '$eq':
      return any('$eq', readPrimitive(operand, argument));
    case '$ne':
      return present(any('$eq', readPrimitive(operand, argument)));
    case '$in':
      return any('$in', readPrimitives(operand, argument));
    case '$nin':
      return present(any('$in', readPrimitives(operand, argument)));
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return any(operator, readNumber(operand, argument));
    case '$exists':
      return { $exists: readBoolean(operand, argument) };
    default:
      throw errors.invalidFilter(argument, `one of ${operators.join(', ')}`, operator);
  }
}

const operators = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists'];

const allOf = (parts: readonly JsonObject[]): JsonObject =>
  parts.length === 1 ? parts[0]! : { $and: parts };

const any = (operator: string, operand: Primitive | readonly Primitive[]): JsonObject => ({
  $any: { [operator]: operand },
});

const present = (refused: JsonObject): JsonObject => ({ $exists: true, $not: refused });

function readPrimitive(input: unknown, argument: string): Primitive {
  if (!isPrimitive(input)) {
    throw errors.invalidFilter(argument, 'a string, a finite number or a boolean', input);
  }
  if (typeof input === 'string' && !isStorable(input)) {
    throw errors.invalidFilter(argument, storableText, input);
  }
  return input;
}

function readPrimitives(input: unknown, argument: string): readonly Primitive[] {
  if (!Array.isArray(input) || input.length === 0) {
    throw errors.invalidFilter(argument, 'a list of at least one value', input);
  }
  return input.map((value, i) => readPrimitive(value, placeIn(argument, i)));
}

function readNumber(input: unknown, argument: string): number {
  if (typeof input === 'number' && Number.isFinite(input)) return input;
  throw errors.invalidFilter(argument, 'a finite number', input);
}

function readBoolean(input: unknown, argument: string): boolean {
  if (typeof input === 'boolean') return input;
  throw errors.invalidFilter(argument, 'true or false', input);
}
