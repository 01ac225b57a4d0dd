import { placeIn } from './argument.ts';
import { errors } from './errors.ts';
import type { Filter, Path } from './filter.ts';
import { isObject, isStorable, storableText } from './json.ts';
import type { Limits } from './limits.ts';
import {
  readBoolean,
  readOrdered,
  readPattern,
  readScalars,
  readText,
  readValue,
  readValues,
} from './filter-operands.ts';

export interface FilterOptions {
  /** What errors call the filter; the first part of their path. */
  readonly argument: string;
  readonly limits: Limits;
  readonly nonFilterableKeys?: readonly string[];
}

/**
 * Check a filter, given as an object or as its JSON text, and make a tree of it; null filters
 * nothing. Errors are INVALID_FILTER and LIMIT_EXCEEDED and name the place.
 */
export function parseFilter(input: unknown, options: FilterOptions): Filter | null {
  const { argument, limits } = options;
  const root = typeof input === 'string' ? parsedText(input, argument) : (input ?? {});
  if (!isObject(root)) throw errors.invalidFilter(argument, neededFilter, input);
  if (Object.keys(root).length === 0) return null;

  const filter = parseObject(root, { argument, path: [], depth: 0, options });
  const conditions = conditionCount(filter);
  if (conditions > limits.filterConditionsMax) {
    throw errors.limitExceeded(argument, 'conditions', limits.filterConditionsMax, conditions);
  }
  return filter;
}

/** Where the parser is: in the input (`argument`), and in the metadata (`path`). */
interface Place {
  readonly argument: string;
  readonly path: Path;
  readonly depth: number;
  readonly options: FilterOptions;
}

type Part = (value: unknown, place: Place) => Filter;

/** What stands where no key was named yet. */
const connectives: Readonly<Record<string, Part>> = {
  $and: (value, place) => joined('and', parseParts(value, place)),
  $or: (value, place) => joined('or', parseParts(value, place)),
  $not: (value, place) => parseNot(value, place),
};

/** What stands under a key. */
const operators: Readonly<Record<string, Part>> = {
  $eq: (value, place) => ({ kind: 'eq', path: place.path, value: readValue(value, place) }),
  $ne: (value, place) => ({ kind: 'ne', path: place.path, value: readValue(value, place) }),
  $lt: (value, place) => ({ kind: 'lt', path: place.path, value: readOrdered(value, place) }),
  $lte: (value, place) => ({ kind: 'lte', path: place.path, value: readOrdered(value, place) }),
  $gt: (value, place) => ({ kind: 'gt', path: place.path, value: readOrdered(value, place) }),
  $gte: (value, place) => ({ kind: 'gte', path: place.path, value: readOrdered(value, place) }),
  $in: (value, place) => ({ kind: 'in', path: place.path, values: readScalars(value, place) }),
  $nin: (value, place) => ({ kind: 'nin', path: place.path, values: readScalars(value, place) }),
  $like: (value, place) => ({ kind: 'like', path: place.path, value: readPattern(value, place) }),
  $ilike: (value, place) => ({ kind: 'ilike', path: place.path, value: readPattern(value, place) }),
  $startsWith: (value, place) => ({
    kind: 'startsWith',
    path: place.path,
    value: readText(value, place),
  }),
  $exists: (value, place) => ({
    kind: 'exists',
    path: place.path,
    value: readBoolean(value, place),
  }),
  $any: (value, place) => parseAny(value, place),
  $contains: (value, place) => ({
    kind: 'contains',
    path: place.path,
    values: readValues(value, place),
  }),
  $containsAny: (value, place) => ({
    kind: 'containsAny',
    path: place.path,
    values: readScalars(value, place),
  }),
  $not: (value, place) => parseNot(value, place),
};

/** What can be asked of a single value. */
const comparisons = '$eq $lt $lte $gt $gte $in $like $ilike $startsWith'.split(' ');

/** All that one object asks for: several keys or operators are an AND, which is a level like $and. */
function parseObject(object: Readonly<Record<string, unknown>>, place: Place): Filter {
  const entries = Object.entries(object);
  if (entries.length === 0) {
    throw errors.invalidFilter(place.argument, 'an object with at least one condition', object);
  }
  const operatorCount = entries.filter(([key]) => isOperator(key)).length;
  if (place.path.length > 0 && operatorCount > 0 && operatorCount < entries.length) {
    throw errors.invalidFilter(place.argument, 'either operators or keys, not both', object);
  }
  const inside = entries.length > 1 ? deeper(place) : place;
  return joined(
    'and',
    entries.map(([key, value]) => parseEntry(key, value, inside)),
  );
}

function parseEntry(key: string, value: unknown, parent: Place): Filter {
  const place = { ...parent, argument: placeIn(parent.argument, key) };
  if (!isOperator(key)) return parseKey(key, value, place);

  const known = place.path.length === 0 ? connectives : operators;
  const parse = known[key];
  if (parse) return parse(value, place);
  const names = Object.keys(known).join(', ');
  const needed = place.path.length === 0 ? `a key, or one of ${names}` : `one of ${names}`;
  throw errors.invalidFilter(place.argument, needed, key);
}

function parseKey(key: string, value: unknown, place: Place): Filter {
  if (!isStorable(key)) throw errors.invalidFilter(place.argument, storableText, key);
  if (place.path.length === 0 && place.options.nonFilterableKeys?.includes(key)) {
    throw errors.invalidFilter(place.argument, 'a key that can be filtered on', key);
  }
  const below = deeper({ ...place, path: [...place.path, key] });
  if (isObject(value)) return parseObject(value, below);
  return { kind: 'eq', path: below.path, value: readValue(value, below) };
}

function parseParts(value: unknown, place: Place): Filter[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw errors.invalidFilter(place.argument, 'a list of at least one filter', value);
  }
  return value.map((part, i) =>
    parseOperand(part, deeper({ ...place, argument: placeIn(place.argument, i) })),
  );
}

const parseNot = (value: unknown, place: Place): Filter => ({
  kind: 'not',
  part: parseOperand(value, deeper(place)),
});

function parseAny(value: unknown, place: Place): Filter {
  const [[operator, operand] = ['', undefined], ...others] = isObject(value)
    ? Object.entries(value)
    : [];
  if (!comparisons.includes(operator) || others.length > 0) {
    const needed = `an object of one of ${comparisons.join(', ')}`;
    throw errors.invalidFilter(place.argument, needed, value);
  }
  const inside = { ...place, argument: placeIn(place.argument, operator), path: [] };
  return { kind: 'any', path: place.path, part: operators[operator]!(operand, inside) };
}

function parseOperand(value: unknown, place: Place): Filter {
  if (isObject(value)) return parseObject(value, place);
  const needed = place.path.length === 0 ? 'a filter object' : 'an object of operators';
  throw errors.invalidFilter(place.argument, needed, value);
}

/** One level down. This is also what ends the recursion on input that is nested without end. */
function deeper(place: Place): Place {
  const depth = place.depth + 1;
  const { filterDepthMax } = place.options.limits;
  if (depth > filterDepthMax) {
    throw errors.limitExceeded(place.argument, 'levels', filterDepthMax, depth);
  }
  return { ...place, depth };
}

const joined = (kind: 'and' | 'or', parts: readonly Filter[]): Filter =>
  parts.length === 1 ? parts[0]! : { kind, parts };

function conditionCount(filter: Filter): number {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.reduce((sum, part) => sum + conditionCount(part), 0);
    case 'not':
      return conditionCount(filter.part);
    default:
      return 1;
  }
}

const isOperator = (key: string): boolean => key.startsWith('$');

const neededFilter = 'an object, or the JSON text of one';

/** What the parser says of the place is as short for a long text. */
function parsedText(text: string, argument: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw errors.invalidFilter(argument, `${neededFilter} (${why})`, text);
  }
}
