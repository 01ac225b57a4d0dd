import { isObject } from '../../schema/json.ts';
import type { Parameters } from '../../subgraphs/postgres/sql/parameters.ts';

/** What vecs raises as FilterError. */
export class VecsFilterError extends Error {}

/**
 * The condition on `metadata` that vecs 0.4 makes of its `filters`. An empty one is left away by its
 * query.
 */
export function vecsCondition(filters: unknown, add: Parameters['add']): string {
  if (!isObject(filters)) throw new VecsFilterError('filters must be a dict');
  return Object.keys(filters).length === 0 ? 'true' : conditionOf(filters, add);
}

function conditionOf(filter: unknown, add: Parameters['add']): string {
  const [[key, value] = ['', undefined], ...others] = isObject(filter)
    ? Object.entries(filter)
    : [];
  if (others.length > 0) throw new VecsFilterError('max 1 entry per filter');
  if (key === '$and' || key === '$or') {
    if (!Array.isArray(value)) throw new VecsFilterError(`${key} must have a list`);
    return `(${value.map((part) => conditionOf(part, add)).join(` ${key.slice(1)} `)})`;
  }
  // It returns None without a word, and SQLAlchemy writes that as NULL.
  if (!isObject(value)) return 'null';
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(value);
  if (more.length > 0) throw new VecsFilterError('only one operator permitted');
  return compared(key, operator, operand, add);
}

function compared(key: string, operator: string, operand: unknown, add: Parameters['add']): string {
  const jsonb = (value: unknown): string => `${add(JSON.stringify(value))}::jsonb`;
  if (operator === '$eq' && !hasLength(operand)) return `metadata @> ${jsonb({ [key]: operand })}`;

  const found = `(metadata -> ${add(key)}::text)`;
  if (operator === '$in') {
    if (!Array.isArray(operand) || !operand.every(isScalar)) {
      throw new VecsFilterError('argument to $in filter must be a list of scalars');
    }
    return `${found} in (${operand.map(jsonb).join(', ')})`;
  }
  if (operator === '$contains') {
    if (!isScalar(operand)) throw new VecsFilterError('argument to $contains must be a scalar');
    return `(${found} @> ${jsonb(operand)} and jsonb_typeof(${found}) = 'array')`;
  }
  const comparator = comparators.get(operator);
  if (!comparator) throw new VecsFilterError('unknown operator');
  return `${found} ${comparator} ${jsonb(operand)}`;
}

const comparators: ReadonlyMap<string, string> = new Map([
  ['$eq', '='],
  ['$ne', '<>'],
  ['$lt', '<'],
  ['$lte', '<='],
  ['$gt', '>'],
  ['$gte', '>='],
]);

/** Python's `len`: null is None, which has none. */
const hasLength = (value: unknown): boolean =>
  typeof value === 'string' || (typeof value === 'object' && value !== null);

const isScalar = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
