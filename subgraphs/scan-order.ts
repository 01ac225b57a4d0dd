import type { Path } from '../schema/filter.ts';
import { compareBytes } from '../schema/key.ts';

/** By the record's key, after which no other order counts, or by a value in its metadata. */
export type ScanOrder = KeyOrder | ValueOrder;

interface KeyOrder {
  readonly type: 'key';
  readonly direction: OrderDirection;
}

/**
 * Texts by their bytes, numbers as doubles, false before true. What is missing, null or of another
 * type comes last, in both directions.
 */
export interface ValueOrder {
  readonly type: OrderType;
  readonly path: Path;
  readonly direction: OrderDirection;
}

export type OrderType = 'text' | 'number' | 'boolean';
export type OrderDirection = 'ASC' | 'DESC';

/** Where a record stands in an order: its key, and a value for each order before that of the key. */
export interface ScanPosition {
  readonly key: string;
  readonly values: readonly OrderValue[];
}

/** null: one of those that come last. */
export type OrderValue = string | number | boolean | null;

/** Every order ends in that of the key, ascending when nothing else was said: no two are equal. */
export interface ScanSteps {
  readonly values: readonly ValueOrder[];
  readonly key: OrderDirection;
}

export function stepsOf(orderBy: readonly ScanOrder[]): ScanSteps {
  const values: ValueOrder[] = [];
  for (const order of orderBy) {
    if (order.type === 'key') return { values, key: order.direction };
    values.push(order);
  }
  return { values, key: 'ASC' };
}

/** The order that pods give their records in, to merge them by. */
export function comparePositions(
  orderBy: readonly ScanOrder[],
): (a: ScanPosition, b: ScanPosition) => number {
  const { values, key } = stepsOf(orderBy);
  return (a, b) => {
    for (const [i, { direction }] of values.entries()) {
      const order = compareValues(a.values[i]!, b.values[i]!, direction);
      if (order !== 0) return order;
    }
    return turned(compareBytes(a.key, b.key), key);
  };
}

function compareValues(a: OrderValue, b: OrderValue, direction: OrderDirection): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === 'string' ? compareBytes(a, String(b)) : Number(a) - Number(b);
  return turned(order, direction);
}

const turned = (order: number, direction: OrderDirection): number =>
  direction === 'ASC' ? order : -order;
