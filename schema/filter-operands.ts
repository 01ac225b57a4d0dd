import { placeIn } from './argument.ts';
import { errors } from './errors.ts';
import type { Json, Scalar } from './filter.ts';
import { checkJson, isStorable, storableText } from './json.ts';
import type { Limits } from './limits.ts';

/** Where an operand stands, and what it may be. */
interface OperandPlace {
  readonly argument: string;
  readonly options: { readonly limits: Limits };
}

/** Of $eq and $ne. */
export function readValue(value: unknown, { argument, options }: OperandPlace): Json {
  checkJson(value, argument, {
    depthMax: options.limits.metadataDepthMax,
    refuse: errors.invalidFilter,
  });
  return value;
}

/** Of $lt, $lte, $gt and $gte. */
export function readOrdered(value: unknown, place: OperandPlace): string | number {
  const scalar = readScalar(value, place.argument, 'a number or a string');
  if (typeof scalar === 'number' || typeof scalar === 'string') return scalar;
  throw errors.invalidFilter(place.argument, 'a number or a string', value);
}

/** Of $in, $nin and $containsAny. */
export function readScalars(value: unknown, place: OperandPlace): readonly Scalar[] {
  const { filterValuesMax } = place.options.limits;
  if (!Array.isArray(value) || value.length === 0) {
    throw errors.invalidFilter(place.argument, 'a list of at least one scalar', value);
  }
  if (value.length > filterValuesMax) {
    throw errors.limitExceeded(place.argument, 'values', filterValuesMax, value.length);
  }
  return Array.from(value, (element, i) => readScalar(element, placeIn(place.argument, i), scalar));
}

/** Of $contains: one scalar is a list of one. */
export function readValues(value: unknown, place: OperandPlace): readonly Scalar[] {
  if (Array.isArray(value)) return readScalars(value, place);
  return [readScalar(value, place.argument, `${scalar}, or a list of them`)];
}

/** Of $startsWith. */
export function readText(value: unknown, { argument }: OperandPlace): string {
  if (typeof value !== 'string') throw errors.invalidFilter(argument, 'a string', value);
  if (!isStorable(value)) throw errors.invalidFilter(argument, storableText, value);
  return value;
}

/** Of $like and $ilike. */
export function readPattern(value: unknown, place: OperandPlace): string {
  const { filterPatternCharactersMax } = place.options.limits;
  const pattern = readText(value, place);
  if (pattern.length > filterPatternCharactersMax) {
    const { length } = pattern;
    throw errors.limitExceeded(place.argument, 'characters', filterPatternCharactersMax, length);
  }
  if (!/^(?:[^\\]|\\[^])*$/.test(pattern)) {
    const needed = 'a pattern without a single backslash at its end';
    throw errors.invalidFilter(place.argument, needed, value);
  }
  return pattern;
}

/** Of $exists. */
export function readBoolean(value: unknown, place: OperandPlace): boolean {
  if (typeof value === 'boolean') return value;
  throw errors.invalidFilter(place.argument, 'true or false', value);
}

const scalar = 'a string, a finite number, a boolean or null';

function readScalar(value: unknown, argument: string, needed: string): Scalar {
  if (typeof value === 'string' && !isStorable(value)) {
    throw errors.invalidFilter(argument, storableText, value);
  }
  if (isScalar(value)) return value;
  throw errors.invalidFilter(argument, needed, value);
}

const isScalar = (value: unknown): value is Scalar =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));
