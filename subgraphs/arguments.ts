import { errors } from '../schema/errors.ts';
import { parseJson } from '../schema/json.ts';
import type { Limits } from '../schema/limits.ts';
import { checkCollectionName, checkKey, checkText } from '../schema/names.ts';
import type { CollectionRef } from './store.ts';

/** What every root field that works on a collection has. null and absence both mean the default. */
export interface CollectionArguments {
  readonly collection: string;
  readonly bucket?: string | null;
}

export const defaultBucket = 'vecs';

export function readRef(
  { collection, bucket }: CollectionArguments,
  argument = 'collection',
): CollectionRef {
  checkCollectionName(bucket ?? defaultBucket, 'bucket');
  checkCollectionName(collection, argument);
  return { bucket: bucket ?? defaultBucket, collection };
}

interface Range {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  /** Of what there may be at most `max`, for the message. */
  readonly what: string;
}

/** A whole number: below the range it makes no sense, above it is a matter of limits. */
export function readCount(
  argument: string,
  value: number | null | undefined,
  range: Range,
): number {
  const number = value ?? range.fallback;
  if (number < range.min) throw errors.badInput(argument, `at least ${range.min}`, number);
  if (number > range.max) throw errors.limitExceeded(argument, range.what, range.max, number);
  return number;
}

/** A number that has no limit beside its range; null when it was not given. */
export function readOptional(
  argument: string,
  value: number | null | undefined,
  [min, max]: readonly [number, number],
): number | null {
  if (value === null || value === undefined) return null;
  if (value >= min && value <= max) return value;
  throw errors.badInput(argument, `a number from ${min} to ${max}`, value);
}

/** A part of what another subgraph names an entity by: any JSON, which GraphQL has not judged. */
export function readText(value: unknown, argument: string): string {
  if (typeof value === 'string') return value;
  throw errors.badInput(argument, 'a text', value);
}

/** The same for an ID, which may be a whole number. */
export const readId = (value: unknown, argument: string): string =>
  Number.isSafeInteger(value) ? String(value) : readText(value, argument);

export function readKeys(keys: readonly string[], limits: Limits): readonly string[] {
  if (keys.length > limits.readKeysMax) {
    throw errors.limitExceeded('keys', 'keys', limits.readKeysMax, keys.length);
  }
  keys.forEach((key, i) => checkKey(key, `keys[${i}]`, limits));
  return keys;
}

/** An opaque cursor around any JSON. */
export const toCursor = (position: unknown): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** The texts inside a cursor of ours, or null when it is none. */
export function fromCursor(
  cursor: string | null | undefined,
  partCount: number,
  argument = 'after',
): readonly string[] | null {
  const parts = readCursor(cursor, argument);
  if (parts === null) return null;
  const texts = parts.filter((part) => typeof part === 'string');
  if (texts.length !== parts.length || texts.length !== partCount) throw noCursor(argument, cursor);
  return texts.map((text) => checkText(text, argument));
}

/** The list inside a cursor, or null when there is no cursor. */
export function readCursor(
  cursor: string | null | undefined,
  argument: string,
): readonly unknown[] | null {
  if (cursor === null || cursor === undefined) return null;
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(parts) && toCursor(parts) === cursor) return parts;
  throw noCursor(argument, cursor);
}

export const noCursor = (argument: string, cursor: unknown): Error =>
  errors.badInput(argument, 'a cursor from an earlier page', cursor);
