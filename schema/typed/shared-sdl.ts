import { fieldScalars, type FieldScalar } from './model.ts';

/** What the generated SDL of all typed collections stands on. */
export const sharedSdl = (): string =>
  [
    dateTime,
    ...fieldScalars.map(filterOf),
    ...fieldScalars.map(listFilterOf),
    objectListFilter,
  ].join('\n');

const dateTime = `
"A moment, as ISO 8601 text. Given out as it is stored; input is stored and compared in UTC, like 2026-11-21T09:00:00.000Z."
scalar DateTime`;

const isNull = `"true: missing or null; false: neither."
  isNull: Boolean`;

const filterOf = (scalar: FieldScalar): string => `
"Everything that is given must hold."
input Vector${scalar}Filter {
  ${operatorsOf(scalar)}
  ${isNull}
}`;

const listFilterOf = (scalar: FieldScalar): string => `
"Everything that is given must hold."
input Vector${scalar}ListFilter {
  contains: ${scalar}
  "At least one of them."
  containsAny: [${scalar}!]
  containsAll: [${scalar}!]
  ${isNull}
}`;

const objectListFilter = `
input VectorObjectListFilter {
  ${isNull}
}`;

function operatorsOf(scalar: FieldScalar): string {
  switch (scalar) {
    case 'Boolean':
      return equality(scalar);
    case 'ID':
      return equality(scalar) + membership(scalar);
    case 'Int':
    case 'Float':
      return equality(scalar) + membership(scalar) + comparison(scalar);
    case 'DateTime':
      return equality(scalar) + membership(scalar) + comparison(scalar, 'as text, byte by byte');
    case 'String':
      return equality(scalar) + membership(scalar) + comparison(scalar, 'byte by byte') + patterns;
    default:
      return scalar satisfies never;
  }
}

const equality = (scalar: FieldScalar): string => `
  eq: ${scalar}
  "What is missing or null never matches."
  ne: ${scalar}`;

const membership = (scalar: FieldScalar): string => `
  in: [${scalar}!]
  "What is missing or null never matches."
  nin: [${scalar}!]`;

const comparison = (scalar: FieldScalar, how?: string): string =>
  ['lt', 'lte', 'gt', 'gte']
    .map((operator) => `${how ? `\n  "Compared ${how}."` : ''}\n  ${operator}: ${scalar}`)
    .join('');

const patterns = `
  "% stands for any text, _ for any character, and a backslash takes either as it is."
  like: String
  "The same, in upper or lower case."
  ilike: String
  startsWith: String`;
