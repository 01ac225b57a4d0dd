import { defaultLimits } from '../schema/limits.ts';

/** The kinds of values that a configuration has, as JSON Schema. */

/** Pods and subgraphs are named like hosts. */
export const name = {
  type: 'string',
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
  patternErrorMessage: 'must be lower-case letters, digits, and hyphens between them',
  maxLength: 63,
};

export const text = { type: 'string', minLength: 1 };

export const databaseName = { ...text, maxLength: defaultLimits.nameBytesMax };

export const httpUrl = {
  type: 'string',
  pattern: '^https?://',
  patternErrorMessage: 'must begin with http:// or https://',
};

export const databaseUrl = {
  type: 'string',
  pattern: '^postgres(ql)?://',
  patternErrorMessage: 'must begin with postgres://',
};

export const origin = {
  type: 'string',
  pattern: '^(\\*|https?://[^/@*A-Z]+)$',
  patternErrorMessage: 'must be * or a scheme and a host, such as https://app.example.com',
};

export const integer = (minimum: number, maximum: number, fallback: number) => ({
  type: 'integer',
  minimum,
  maximum,
  default: fallback,
});

export const record = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});

/** For a record that must have exactly one of these. */
export const oneOf = (...properties: readonly string[]) => ({
  oneOf: properties.map((property) => ({ required: [property] })),
});
