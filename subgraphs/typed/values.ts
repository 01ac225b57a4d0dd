import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { Json, JsonObject } from '../../schema/filter.ts';
import { isObject } from '../../schema/json.ts';
import type { FieldScalar, FieldType } from '../../schema/typed/model.ts';
import type { CollectionRef } from '../store.ts';
import { isDateTime } from './dates.ts';

/** The record that a value stands in. */
export interface StoredIn extends CollectionRef {
  readonly key: string;
}

/** An object inside of a record's metadata, on its way to the resolvers of its own fields. */
export interface NestedSource {
  readonly record: StoredIn;
  readonly value: JsonObject;
}

/**
 * What is stored, as its declared type; throws VALUE_MISMATCH when it is not of that type, or
 * missing though it must not be. What is wrong inside of a list is an error at its own place there.
 */
export function readStored(
  value: Json | undefined,
  type: FieldType,
  field: string,
  record: StoredIn,
): unknown {
  const mismatch = (): Error => errors.valueMismatch(field, neededBy(type), value, record);
  if (value === null || value === undefined) {
    if (type.nonNull) throw mismatch();
    return null;
  }
  switch (type.kind) {
    case 'scalar':
      if (!scalars[type.scalar].fits(value)) throw mismatch();
      return type.scalar === 'ID' && typeof value === 'number' ? String(value) : value;
    case 'object':
      if (!isJsonObject(value)) throw mismatch();
      return { record, value } satisfies NestedSource;
    case 'list':
      if (!Array.isArray(value)) throw mismatch();
      return value.map((element: Json, i) =>
        orError(() => readStored(element, type.of, placeIn(field, i), record)),
      );
    default:
      return type satisfies never;
  }
}

/** graphql-js gives an error that it finds among values the path of its place. */
function orError(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

const isJsonObject = (value: Json): value is JsonObject => isObject(value);

const neededBy = (type: FieldType): string =>
  type.kind === 'scalar'
    ? scalars[type.scalar].needed
    : `${type.kind === 'list' ? 'a' : 'an'} ${type.kind}`;

interface Judge {
  readonly needed: string;
  fits(value: Json): boolean;
}

/** Strict: 5 is not "5". Numbers beyond a double come as infinite ones. */
const scalars: Readonly<Record<FieldScalar, Judge>> = {
  Int: {
    needed: 'a whole number of 32 bits (Int)',
    // `| 0` takes what is left of a number in 32 bits.
    fits: (value) => typeof value === 'number' && (value | 0) === value,
  },
  Float: { needed: 'a number (Float)', fits: (value) => Number.isFinite(value) },
  Boolean: { needed: 'true or false (Boolean)', fits: (value) => typeof value === 'boolean' },
  String: { needed: 'a text (String)', fits: (value) => typeof value === 'string' },
  ID: {
    needed: 'a text or a whole number (ID)',
    fits: (value) => typeof value === 'string' || Number.isSafeInteger(value),
  },
  DateTime: { needed: 'a date and time of ISO 8601 (DateTime)', fits: isDateTime },
};
