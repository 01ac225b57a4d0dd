import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { Json, JsonObject } from '../../schema/filter.ts';
import { isObject } from '../../schema/json.ts';
import type { FieldType, TypedField } from '../../schema/typed/model.ts';
import type { RecordInput } from '../resolvers/writes.ts';
import { neededDateTime, toUtc } from './dates.ts';
import type { CollectionBinding } from './binding.ts';

/** One record as the collection's own input type has it: GraphQL has checked its fields. */
export type TypedInput = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly vector: unknown;
};

/** The same as everybody's input has it. Errors name the fields of the typed one. */
export function toRecordInput(
  input: TypedInput,
  argument: string,
  binding: CollectionBinding,
): RecordInput {
  const { fields } = binding.collection;
  const others = readOthers(input['metadata'], placeIn(argument, 'metadata'), fields);
  const metadata = { ...others, ...storedFields(input, fields, argument, binding) };
  return { key: input.id, vector: input.vector, metadata };
}

/** What the contract calls `records[3].key` or `records[3].metadata.page_title`, by the typed name. */
export function typedPlace(argument: string, fields: readonly TypedField[]): string {
  const [, record, rest] = /^(records\[\d+\])\.(.+)$/s.exec(argument) ?? [];
  if (record === undefined || rest === undefined) return argument;
  if (rest === 'key') return `${record}.id`;
  const field = fields.find(({ key }) => startsWithStep(rest, placeIn('metadata', key)));
  if (!field) return argument;
  return `${record}.${field.name}${rest.slice(placeIn('metadata', field.key).length)}`;
}

const startsWithStep = (place: string, step: string): boolean =>
  place.startsWith(step) && /^(?:[.[]|$)/.test(place.slice(step.length));

/** Metadata that has no field of its own. */
function readOthers(
  value: unknown,
  argument: string,
  fields: readonly TypedField[],
): Readonly<Record<string, unknown>> {
  const others = value ?? {};
  if (!isObject(others)) throw errors.badInput(argument, 'a JSON object', value);
  const declared = fields.find(({ key }) => Object.hasOwn(others, key));
  if (!declared) return others;
  const place = placeIn(argument, declared.key);
  throw errors.badRequest(
    place,
    `${place} must be given as the field "${declared.name}"; got it in metadata.`,
  );
}

/** A field that is not given is not stored; one that is given as null is stored as null. */
function storedFields(
  input: Readonly<Record<string, unknown>>,
  fields: readonly TypedField[],
  argument: string,
  binding: CollectionBinding,
): JsonObject {
  const given = fields.filter(({ name }) => Object.hasOwn(input, name));
  return Object.fromEntries(
    given.map(({ name, key, type }) => [
      key,
      toStored(input[name], type, placeIn(argument, name), binding),
    ]),
  );
}

function toStored(
  value: unknown,
  type: FieldType,
  argument: string,
  binding: CollectionBinding,
): Json {
  if (value === null || value === undefined) return null;
  if (type.kind === 'list') {
    const list = value as readonly unknown[];
    return list.map((one, i) => toStored(one, type.of, placeIn(argument, i), binding));
  }
  if (type.kind === 'object') {
    return storedFields(Object(value), binding.nestedFields(type.name), argument, binding);
  }
  if (type.scalar !== 'DateTime') return value as Json;
  const text = toUtc(value);
  if (text === null) throw errors.badInput(argument, neededDateTime, value);
  return text;
}
