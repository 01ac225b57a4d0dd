import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { Limits } from '../../schema/limits.ts';
import { checkText } from '../../schema/names.ts';
import type { OrderDirection, ScanOrder } from '../scan-order.ts';

/** As the type VectorOrder has it. */
export interface OrderInput {
  readonly key: string;
  readonly type?: keyof typeof types | null;
  readonly direction?: OrderDirection | null;
}

const types = { TEXT: 'text', NUMBER: 'number', BOOLEAN: 'boolean' } as const;

export function readOrder(
  orders: readonly OrderInput[] | null | undefined,
  limits: Limits,
): readonly ScanOrder[] {
  checkOrderCount(orders ?? [], limits);
  return (orders ?? []).map(({ key, type, direction }, i) => ({
    type: types[type ?? 'TEXT'],
    path: [checkText(key, placeIn(placeIn('orderBy', i), 'key'))],
    direction: direction ?? 'ASC',
  }));
}

export function checkOrderCount(orders: readonly unknown[], { ordersMax }: Limits): void {
  if (orders.length <= ordersMax) return;
  throw errors.limitExceeded('orderBy', 'orders', ordersMax, orders.length);
}
