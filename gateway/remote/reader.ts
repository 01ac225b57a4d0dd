/** Turns what another server sent into a value of ours, or throws `Malformed`. */
export type Reader<T> = (input: unknown) => T;

/** The other server's mistake: never shown to callers, only logged. */
export class Malformed extends Error {}

const refuse = (needed: string, came: unknown): never => {
  throw new Malformed(`needed ${needed}, got ${came === null ? 'null' : typeof came}`);
};

export const text: Reader<string> = (input) =>
  typeof input === 'string' ? input : refuse('a string', input);

/** Finite: JSON can write 1e999. */
export const number: Reader<number> = (input) =>
  typeof input === 'number' && Number.isFinite(input) ? input : refuse('a finite number', input);

export const boolean: Reader<boolean> = (input) =>
  typeof input === 'boolean' ? input : refuse('a boolean', input);

export const nullable =
  <T>(read: Reader<T>): Reader<T | null> =>
  (input) =>
    input === null || input === undefined ? null : read(input);

export const list =
  <T>(read: Reader<T>): Reader<T[]> =>
  (input) =>
    Array.isArray(input) ? input.map((item) => read(item)) : refuse('a list', input);

export const oneOf =
  <T extends string>(values: readonly T[]): Reader<T> =>
  (input) =>
    values.find((value) => value === input) ?? refuse(values.join(' or '), input);

export const isObject = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === 'object' && input !== null && !Array.isArray(input);

export const anyObject: Reader<Readonly<Record<string, unknown>>> = (input) =>
  isObject(input) ? input : refuse('an object', input);

type Fields<T> = { readonly [K in keyof T]-?: Reader<T[K]> };

/** The fields that are named, and no others. */
export const object = <T>(fields: Fields<T>): Reader<T> => {
  const entries = Object.entries<Reader<unknown>>(fields);
  return (input) => {
    const from = anyObject(input);
    const read: Record<string, unknown> = {};
    for (const [name, reader] of entries) read[name] = reader(from[name]);
    return read as T;
  };
};
