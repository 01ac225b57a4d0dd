import { hash } from 'node:crypto';
import { errors } from '../schema/errors.ts';
import { checkText } from '../schema/names.ts';
import { noCursor, readCursor, toCursor } from './arguments.ts';
import {
  stepsOf,
  type OrderValue,
  type ScanOrder,
  type ScanPosition,
  type ValueOrder,
} from './scan-order.ts';

/**
 * A position as an opaque text. That of an order other than by ascending key says in which order it
 * was, for in another it would mean nothing.
 */
export function positionToCursor(
  { key, values }: ScanPosition,
  orderBy: readonly ScanOrder[],
): string {
  const order = nameOf(orderBy);
  return toCursor(order === null ? [key] : [key, order, values]);
}

/** The position inside a cursor, or null when there is no cursor. */
export function positionFromCursor(
  cursor: string | null | undefined,
  orderBy: readonly ScanOrder[],
  argument = 'after',
): ScanPosition | null {
  const parts = readCursor(cursor, argument);
  if (parts === null) return null;
  const [key, order = null, found = [], ...more] = parts;
  if (typeof key !== 'string' || more.length > 0) throw noCursor(argument, cursor);
  if (order !== nameOf(orderBy)) {
    throw errors.badInput(argument, 'a cursor from a page in the same order', cursor);
  }
  const steps = stepsOf(orderBy).values;
  const values: readonly unknown[] = Array.isArray(found) ? found : [];
  const valid = values.length === steps.length && steps.every((step, i) => fits(values[i], step));
  if (!valid) throw noCursor(argument, cursor);
  for (const text of [key, ...values]) if (typeof text === 'string') checkText(text, argument);
  return { key, values: values as readonly OrderValue[] };
}

/** Short, however long the paths; null: by ascending key. */
function nameOf(orderBy: readonly ScanOrder[]): string | null {
  const { values, key } = stepsOf(orderBy);
  if (values.length === 0 && key === 'ASC') return null;
  const steps = values.map(({ type, path, direction }) => [type, path, direction]);
  return hash('md5', JSON.stringify([steps, key]), 'base64url').slice(0, 8);
}

const types = { text: 'string', number: 'number', boolean: 'boolean' } as const;

const fits = (value: unknown, { type }: ValueOrder): boolean =>
  value === null || typeof value === types[type];
