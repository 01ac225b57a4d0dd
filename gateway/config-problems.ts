import type { ErrorObject } from 'ajv';
import { shown } from '../schema/shown.ts';

/** Stands beside a `pattern` of the schema and says it in words; some editors show it too. */
export const patternWords = 'patternErrorMessage';

/** What is wrong with one value of a configuration, in our words and not in those of the schema. */
export function problemOf({ instancePath, keyword, ...error }: ErrorObject): string {
  const path = `file${instancePath.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')}`;
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case 'additionalProperties':
      return `${path} has the unknown key ${shown(params['additionalProperty'])}`;
    case 'required':
      return `${path} needs ${shown(params['missingProperty'])}`;
    case 'oneOf':
      return `${path} must have exactly one of ${placesOf(error.schema)}`;
    case 'dependencies':
      return `${path} needs ${shown(params['missingProperty'])} beside ${shown(params['property'])}`;
    case 'pattern':
      return `${path} ${String(error.parentSchema?.[patternWords])}${saying(path, error.data)}`;
    default:
      return `${path} ${needed[keyword]?.(params) ?? error.message}${saying(path, error.data)}`;
  }
}

/** `oneOf` has an alternative for each property. */
function placesOf(alternatives: unknown): string {
  const names = (alternatives as readonly { readonly required: readonly [string] }[]).map(
    ({ required: [name] }) => name,
  );
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** By the schema's keywords. */
const needed: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => string>> = {
  enum: ({ allowedValues }) => `must be one of ${shown(allowedValues)}`,
  type: ({ type }) => `must be ${types[String(type)]}`,
  minimum: ({ limit }) => `must be at least ${shown(limit)}`,
  maximum: ({ limit }) => `must be at most ${shown(limit)}`,
  minItems: () => 'must not be empty',
  maxItems: ({ limit }) => `may have at most ${shown(limit)} entries`,
  minLength: () => 'must not be empty',
  maxLength: ({ limit }) => `may have at most ${shown(limit)} characters`,
  uniqueItems: () => 'must name each only once',
};

const types: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

/** A URL may hold a password, which is not for messages; nor is a key. */
const saying = (path: string, data: unknown): string =>
  /\.(key|\w*password)$/i.test(path) || (typeof data === 'string' && data.includes(':'))
    ? ''
    : `; got ${shown(data)}`;
