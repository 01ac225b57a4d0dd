import { errors } from '../../../schema/errors.ts';
import type { JsonObject } from '../../../schema/filter.ts';
import { isObject } from '../../../schema/json.ts';
import type { Limits } from '../../../schema/limits.ts';
import { checkKey, checkMetadata } from '../../../schema/names.ts';
import { readVector } from '../../../schema/vector.ts';
import { chunksOf, type Chunking } from './chunks.ts';
import type { Fields } from './row.ts';

/** Which fields of a line make its record; null: those that have the usual names. */
export interface Shape {
  readonly key: string | null;
  readonly vector: string | null;
  readonly metadata: string | null;
  /** Vectors are made from this field's text; null: the line brings its vector. */
  readonly text: { readonly field: string; readonly chunking: Chunking | null } | null;
}

/** A record of which only the vector may be missing: it is made of `text` then. */
export type Draft = { readonly key: string; readonly metadata: JsonObject } & (
  | { readonly vector: Float32Array; readonly text: null }
  | { readonly vector: null; readonly text: string }
);

/** The records that a line stands for: one, or one a chunk. Throws what is wrong with the line. */
export function draftsOf(fields: Fields, shape: Shape, limits: Limits): readonly Draft[] {
  const keyField = fieldOf(fields, shape.key, usualKeys);
  const vectorField = fieldOf(fields, shape.vector, usualVectors);
  const key = checkKey(keyText(fields[keyField], keyField), keyField, limits);
  const metadata = metadataOf(fields, shape.metadata, new Set([keyField, vectorField]));
  if (shape.text === null) {
    const vector = readVector(unpacked(fields[vectorField]), vectorField);
    return [{ key, vector, text: null, metadata: checkMetadata(metadata, 'metadata', limits) }];
  }
  const { field, chunking } = shape.text;
  const text = textOf(fields[field] ?? (isObject(metadata) ? metadata[field] : undefined), field);
  const whole = checkMetadata(withText(metadata, field, chunking ? '' : text), 'metadata', limits);
  if (chunking === null) return [{ key, metadata: whole, text, vector: null }];
  return chunksOf(text, chunking).map((chunk, i) => ({
    key: checkKey(`${key}_${chunk.kind}_${String(i).padStart(3, '0')}`, keyField, limits),
    metadata: checkMetadata({ ...whole, [field]: chunk.text, chunk: i }, 'metadata', limits),
    text: chunk.text,
    vector: null,
  }));
}

const usualKeys = ['key', 'id'];
const usualVectors = ['vector', 'embedding', 'values', 'vec'];
const usualMetadata = 'metadata';

/** The first of the usual names when none of them is there, for the message. */
const fieldOf = (fields: Fields, named: string | null, usual: readonly string[]): string =>
  named ?? usual.find((name) => Object.hasOwn(fields, name)) ?? usual[0]!;

/** Larger numbers have lost digits already when JSON was read. */
function keyText(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw errors.badInput(field, 'text, or a whole number that JSON keeps', value);
}

/** CSV has lists as text. */
function unpacked(value: unknown): unknown {
  return typeof value === 'string' && value.trimStart().startsWith('[') ? parsed(value) : value;
}

/** An object of its own, or all fields that are nothing else. */
function metadataOf(fields: Fields, named: string | null, taken: ReadonlySet<string>): unknown {
  const field = named ?? usualMetadata;
  const given = fields[field];
  if (typeof given === 'string' && given !== '') return parsed(given);
  if (given !== undefined && given !== null && given !== '') return given;
  const others = Object.entries(fields).filter(([name]) => name !== field && !taken.has(name));
  return Object.fromEntries(others);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(value: unknown, field: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw errors.badInput(field, 'a text to embed', value);
}

/** What was embedded stays readable in the record. */
const withText = (metadata: unknown, field: string, text: string): unknown =>
  isObject(metadata) ? { ...metadata, [field]: text } : metadata;
