import { Ajv, type ErrorObject } from 'ajv';
import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { Schema } from './schemas.ts';

type Validated = { readonly value: unknown } | { readonly error: Error };

/**
 * How Fastify validates a body here: nothing is coerced, so that "5" stays a text, and the first
 * fault becomes an error of ours that names its place.
 */
export function createValidatorCompiler() {
  const ajv = new Ajv({ coerceTypes: false, verbose: true });
  return ({ schema }: { readonly schema: unknown }) => {
    const validate = ajv.compile(schema as Schema);
    return (body: unknown): Validated =>
      validate(body) ? { value: body } : { error: refusal(validate.errors![0]!) };
  };
}

function refusal({ keyword, params, parentSchema, instancePath, data }: ErrorObject): Error {
  const { description, properties } = parentSchema as Schema;
  const place = placeOf(instancePath);
  switch (keyword) {
    case 'required': {
      const missing = String(params['missingProperty']);
      return errors.badInput(below(place, missing), properties![missing]!.description, undefined);
    }
    case 'additionalProperties': {
      const unknown = String(params['additionalProperty']);
      const known = Object.keys(properties!).join(', ');
      return errors.badInput('body', `an object of ${known}`, unknown);
    }
    case 'maxItems':
      // Without what came, which may be long.
      return errors.limitExceeded(place, 'items', Number(params['limit']), lengthOf(data));
    default:
      return errors.badInput(place === '' ? 'body' : place, description, data);
  }
}

const lengthOf = (data: unknown): number => (Array.isArray(data) ? data.length : 0);

/** From a JSON pointer: `/vectors/3/data` is `vectors[3].data`. */
const placeOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
    .reduce(below, '');

const below = (place: string, step: string | number): string =>
  place === '' ? String(step) : placeIn(place, step);
