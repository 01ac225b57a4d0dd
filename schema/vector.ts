import { placeIn } from './argument.ts';
import { errors } from './errors.ts';

const encodings = 'a list of finite numbers, or base64 of little-endian float32';

/** A vector as callers give it: numbers, base64, or one that is read already. Never empty. */
export function readVector(input: unknown, argument: string): Float32Array {
  const vector = decoded(input, argument);
  if (vector.length === 0) throw errors.badInput(argument, 'at least one number', input);
  const i = firstNotFinite(vector);
  if (i < 0) return vector;
  // A list may hold numbers that have become infinite only as float32: show what came.
  const came: unknown = Array.isArray(input) ? input[i] : vector[i];
  throw errors.badInput(placeIn(argument, i), 'a finite number within the range of float32', came);
}

export const vectorToBase64 = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

/** Short decimals that read back as the same float32: 0.1, not 0.10000000149011612. */
export const vectorToList = (vector: Float32Array): number[] => Array.from(vector, shortDecimal);

/** It has no direction, so no cosine. */
export const isZero = (vector: Float32Array): boolean => vector.every((x) => x === 0);

/** So small are numbers that round to zero as float16. */
const float16ZeroMax = 2 ** -25;

export const isZeroAsFloat16 = (vector: Float32Array): boolean =>
  vector.every((x) => Math.abs(x) <= float16ZeroMax);

/** Larger numbers round to infinity as float16. */
export const fitsFloat16 = (vector: Float32Array): boolean =>
  vector.every((x) => Math.abs(x) < 65_520);

function decoded(input: unknown, argument: string): Float32Array {
  if (Array.isArray(input)) return fromList(input, argument);
  if (typeof input === 'string') return fromBase64(input, argument);
  if (input instanceof Float32Array) return input;
  throw errors.badInput(argument, encodings, input);
}

function fromList(input: readonly unknown[], argument: string): Float32Array {
  const vector = new Float32Array(input.length);
  for (let i = 0; i < vector.length; i++) {
    const x = input[i];
    if (typeof x !== 'number') throw errors.badInput(placeIn(argument, i), 'a finite number', x);
    vector[i] = x;
  }
  return vector;
}

/**
 * Node's decoder skips what it does not know, so that less comes out than should: a check ten times
 * quicker than a look at each letter. It takes base64url too, and bits behind the end.
 */
function isBase64(input: string, byteCount: number): boolean {
  const padding = input.endsWith('==') ? 2 : input.endsWith('=') ? 1 : 0;
  const isWhole = input.length % 4 === 0 && byteCount === (input.length / 4) * 3 - padding;
  const end = input.slice(-4);
  return (
    isWhole &&
    !input.includes('-') &&
    !input.includes('_') &&
    Buffer.from(end, 'base64').toString('base64') === end
  );
}

/** Typed arrays have the machine's byte order, which is little-endian wherever we expect to run. */
function fromBase64(input: string, argument: string): Float32Array {
  const bytes = Buffer.from(input, 'base64');
  if (bytes.length % 4 !== 0 || !isBase64(input, bytes.length)) {
    throw errors.badInput(argument, encodings, input);
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/** -1: all are. A loop, not `findIndex`, which takes twice as long: every search comes by here. */
function firstNotFinite(vector: Float32Array): number {
  for (let i = 0; i < vector.length; i++) if (!Number.isFinite(vector[i])) return i;
  return -1;
}

/** Powers of ten that a double holds exactly: dividing by them rounds correctly. */
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Six digits are enough for what was written with six; nine are for any float32. Numbers outside of
 * 1e-13 to 1e6 are rare in embeddings and stay as they are, which is right, only longer.
 */
function shortDecimal(x: number): number {
  const magnitude = Math.floor(Math.log10(Math.abs(x)));
  if (magnitude < -13 || magnitude > 5) return x;
  for (let digits = 6; digits <= 9; digits++) {
    const power = powersOfTen[digits - 1 - magnitude]!;
    const candidate = Math.round(x * power) / power;
    if (Math.fround(candidate) === x) return candidate;
  }
  return x;
}
