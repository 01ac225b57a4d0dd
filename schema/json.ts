import { placeIn } from './argument.ts';
import { errors } from './errors.ts';
import type { Json } from './filter.ts';

/** An object as JSON knows it: not a list, not a class's. GraphQL makes them without a prototype. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** undefined, which no JSON is, when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** PostgreSQL's text and jsonb hold neither NUL nor half of a surrogate pair. */
export const isStorable = (text: string): boolean =>
  !text.includes('\0') && !/\p{Surrogate}/u.test(text);

export const storableText = 'text without NUL and lone surrogates';

export interface JsonRules {
  /** Levels of lists and objects. Both `JSON.stringify` and PostgreSQL recurse. */
  readonly depthMax: number;
  /** Which error of the catalogue a bad value is. */
  readonly refuse: (argument: string, needed: string, came: unknown) => Error;
}

/** Holds for JSON that PostgreSQL can hold; else the error names the place inside the value. */
export function checkJson(
  value: unknown,
  argument: string,
  rules: JsonRules,
): asserts value is Json {
  const fault = faultOf(value, 0, rules);
  if (fault) throw fault.at(fault.steps.reduce(placeIn, argument));
}

/** The way to a fault is put together on the way back: sound values, which are most, cost nothing. */
interface Fault {
  readonly steps: readonly (string | number)[];
  readonly at: (argument: string) => Error;
}

function faultOf(value: unknown, depth: number, rules: JsonRules): Fault | null {
  if (Array.isArray(value) || isObject(value)) return faultInside(value, depth + 1, rules);
  const needed = neededInPlaceOf(value);
  return needed === null ? null : fault((argument) => rules.refuse(argument, needed, value));
}

function faultInside(value: object, depth: number, rules: JsonRules): Fault | null {
  if (depth > rules.depthMax) {
    return fault((argument) => errors.limitExceeded(argument, 'levels', rules.depthMax, depth));
  }
  const entries: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [step, inner] of entries) {
    if (typeof step === 'string' && !isStorable(step)) {
      return fault((argument) => rules.refuse(placeIn(argument, step), storableText, step));
    }
    const found = faultOf(inner, depth, rules);
    if (found) return { ...found, steps: [step, ...found.steps] };
  }
  return null;
}

const fault = (at: Fault['at']): Fault => ({ steps: [], at });

/** null: it is sound. */
function neededInPlaceOf(value: unknown): string | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return isStorable(value) ? null : storableText;
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'a finite number';
  return 'a JSON value';
}
