import { errors } from './errors.ts';
import type { JsonObject } from './filter.ts';
import { checkJson, isObject, isStorable, storableText } from './json.ts';
import { defaultLimits } from './limits.ts';
import type { Limits } from './limits.ts';

/** A bucket is a schema of the database: never one that belongs to PostgreSQL or its neighbours. */
export function checkBucketName(name: string, argument: string): string {
  if (isReservedBucket(name)) throw errors.badInput(argument, 'a name that is not reserved', name);
  return checkName(name, argument);
}

export function isReservedBucket(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return reservedBuckets.has(lowerCase) || lowerCase.startsWith('pg_');
}

export const checkCollectionName = (name: string, argument: string): string =>
  checkName(name, argument);

export function checkKey(key: string, argument: string, limits: Limits): string {
  if (key === '') throw errors.badInput(argument, 'at least one character', key);
  checkText(key, argument);
  checkBytes(key, argument, limits.keyBytesMax);
  return key;
}

/** A text that PostgreSQL is asked about; it need not name anything. */
export function checkText(text: string, argument: string): string {
  if (!isStorable(text)) throw errors.badInput(argument, storableText, text);
  return text;
}

/** Absent metadata is {}. */
export function checkMetadata(value: unknown, argument: string, limits: Limits): JsonObject {
  const metadata = value ?? {};
  if (!isObject(metadata)) throw errors.badInput(argument, 'a JSON object', value);
  checkJson(metadata, argument, { depthMax: limits.metadataDepthMax, refuse: errors.badInput });
  checkBytes(JSON.stringify(metadata), argument, limits.metadataBytesMax);
  return metadata;
}

/** In a collection with keys that cannot be filtered on, the rest is what every index has to carry. */
export function checkFilterable(
  metadata: JsonObject,
  argument: string,
  nonFilterableKeys: readonly string[],
  { metadataFilterableBytesMax: bytesMax }: Limits,
): void {
  if (nonFilterableKeys.length === 0) return;
  const left = Object.entries(metadata).filter(([key]) => !nonFilterableKeys.includes(key));
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(left)), 'utf8');
  if (bytes > bytesMax) throw errors.limitExceeded(argument, 'filterable bytes', bytesMax, bytes);
}

const reservedBuckets: ReadonlySet<string> = new Set([
  'auth',
  'cron',
  'extensions',
  'graphql',
  'graphql_public',
  'information_schema',
  'net',
  'public',
  'quiver',
  'realtime',
  'storage',
  'vault',
]);

function checkName(name: string, argument: string): string {
  if (name === '') throw errors.badInput(argument, 'at least one character', name);
  if (/[\p{Control}\p{Surrogate}]/u.test(name)) {
    throw errors.badInput(argument, 'text without control characters and lone surrogates', name);
  }
  // PostgreSQL's own limit: a configuration cannot change it.
  checkBytes(name, argument, defaultLimits.nameBytesMax);
  return name;
}

function checkBytes(text: string, argument: string, bytesMax: number): void {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > bytesMax) throw errors.limitExceeded(argument, 'bytes', bytesMax, bytes);
}
