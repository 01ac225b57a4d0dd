import type { Filter, Json, Path, Scalar } from '../../schema/filter.ts';
import type { Parameters } from './sql/parameters.ts';

/**
 * A checked filter as an SQL condition on the column `metadata` of `t`. Each part is true or
 * false, never null, so that `not` means what it says. Containment (`@>`) stands beside what it
 * does not say exactly: an index answers it.
 */
export function filterSql(filter: Filter, add: Add): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return joined(
        filter.parts.map((part) => filterSql(part, add)),
        filter.kind,
      );
    case 'not':
      return `not ${filterSql(filter.part, add)}`;
    case 'eq':
      return `(${holds(filter.path, filter.value, add)} and ${equals(filter.path, filter.value, add)})`;
    case 'ne':
      return `coalesce(${at(filter.path, add)} <> ${add(json(filter.value))}::jsonb, false)`;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return compared(filter.path, comparators[filter.kind], filter.value, add);
    case 'in':
      return `(${holdsAny(filter.path, filter.values, add)} and ${isAny(filter.path, filter.values, add)})`;
    case 'nin':
      return `coalesce(${at(filter.path, add)} <> all (${list(filter.values, add)}), false)`;
    case 'exists':
      return `(${at(filter.path, add)} is ${filter.value ? 'not null' : 'null'})`;
    case 'contains':
      return `(${holds(filter.path, filter.values, add)})`;
    default:
      return filter satisfies never;
  }
}

type Add = Parameters['add'];

const comparators = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** Above this many the index is no help, and each row would be held against every value. */
const indexedValuesMax = 100;

function joined(parts: readonly string[], kind: 'and' | 'or'): string {
  if (parts.length === 0) return kind === 'and' ? 'true' : 'false';
  return `(${parts.join(` ${kind} `)})`;
}

/** What is at the path, or null. Steps are keys of objects: `->` with a text never enters a list. */
const at = (path: Path, add: Add): string =>
  `(t.metadata${path.map((key) => ` -> ${add(key)}::text`).join('')})`;

const json = (value: Json): string => JSON.stringify(value);

const list = (values: readonly Json[], add: Add): string =>
  `${add(values.map(json))}::text[]::jsonb[]`;

/** The metadata has at least this value, or the elements of this list, at the path. */
const holds = (path: Path, value: Json, add: Add): string =>
  `t.metadata @> ${add(json(path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value)))}::jsonb`;

const equals = (path: Path, value: Json, add: Add): string =>
  `coalesce(${at(path, add)} = ${add(json(value))}::jsonb, false)`;

function holdsAny(path: Path, values: readonly Scalar[], add: Add): string {
  if (values.length > indexedValuesMax) return 'true';
  return joined(
    values.map((value) => holds(path, value, add)),
    'or',
  );
}

const isAny = (path: Path, values: readonly Scalar[], add: Add): string =>
  `coalesce(${at(path, add)} = any (${list(values, add)}), false)`;

/** Numbers compare as jsonb does, exactly; strings by their bytes, whatever the database's locale. */
function compared(path: Path, operator: string, value: string | number, add: Add): string {
  const found = at(path, add);
  return typeof value === 'number'
    ? `(case jsonb_typeof(${found}) when 'number' then ${found} ${operator} ${add(json(value))}::jsonb else false end)`
    : `(case jsonb_typeof(${found}) when 'string' then (${found} #>> '{}') collate "C" ${operator} ${add(value)}::text else false end)`;
}
