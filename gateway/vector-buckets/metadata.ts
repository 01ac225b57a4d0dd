import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { JsonObject } from '../../schema/filter.ts';
import type { Limits } from '../../schema/limits.ts';
import { checkMetadata } from '../../schema/names.ts';
import { s3Limits } from './limits.ts';

export type Primitive = string | number | boolean;

/** null is none: what is not there is left out. */
export const isPrimitive = (value: unknown): value is Primitive =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));

/** Metadata as S3 Vectors takes it: flat, with lists of primitives at most. */
export function readMetadata(
  metadata: Readonly<Record<string, unknown>>,
  argument: string,
  limits: Limits,
): JsonObject {
  const entries = Object.entries(metadata);
  if (entries.length > s3Limits.metadataKeysMax) {
    throw errors.limitExceeded(argument, 'keys', s3Limits.metadataKeysMax, entries.length);
  }
  for (const [key, value] of entries) checkValue(value, placeIn(argument, key));
  return checkMetadata(metadata, argument, limits);
}

function checkValue(value: unknown, argument: string): void {
  if (isPrimitive(value)) return;
  if (!Array.isArray(value)) {
    throw errors.badInput(argument, 'a string, a number, a boolean, or a list of them', value);
  }
  const wrong = value.findIndex((element) => !isPrimitive(element));
  if (wrong < 0) return;
  throw errors.badInput(placeIn(argument, wrong), 'a string, a number or a boolean', value[wrong]);
}
