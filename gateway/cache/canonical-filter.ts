import { sorted } from '../../schema/filter-json.ts';
import type { Filter, Scalar } from '../../schema/filter.ts';

/**
 * One of the many forms of a filter, for the key of a search. Every rewrite holds for all records:
 * each part of a filter is true or false, never unknown, so that the laws of Boole apply. AND and
 * OR become flat, sorted and without repetitions; NOT moves inward, to the conditions; equality is
 * a list of one, and lists are sorted.
 */
export const canonicalFilter = (filter: Filter): Filter => canonical(filter, false);

/** The same text for the same tree, in whatever order its properties were made. */
export const filterText = (filter: Filter): string => JSON.stringify(sorted(filter));

function canonical(filter: Filter, negated: boolean): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return joined(
        (filter.kind === 'and') === negated ? 'or' : 'and',
        filter.parts.map((part) => canonical(part, negated)),
      );
    case 'not':
      return canonical(filter.part, !negated);
    case 'exists':
      return { ...filter, value: filter.value !== negated };
    default: {
      const part = condition(filter);
      return negated ? { kind: 'not', part } : part;
    }
  }
}

/** $ne and $nin need a value to be there, so they are no opposites of $eq and $in. */
function condition(filter: Filter): Filter {
  switch (filter.kind) {
    case 'eq':
    case 'ne':
      return isScalar(filter.value)
        ? { kind: filter.kind === 'eq' ? 'in' : 'nin', path: filter.path, values: [filter.value] }
        : filter;
    case 'in':
    case 'nin':
    case 'contains':
      return { ...filter, values: distinct(filter.values, JSON.stringify) };
    case 'containsAny': {
      const values = distinct(filter.values, JSON.stringify);
      return { ...filter, kind: values.length === 1 ? 'contains' : 'containsAny', values };
    }
    case 'any':
      return { ...filter, part: canonical(filter.part, false) };
    default:
      return filter;
  }
}

const isScalar = (value: unknown): value is Scalar => typeof value !== 'object' || value === null;

function joined(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  const unique = distinct(withOneListAPath(flat, kind === 'and' ? 'nin' : 'in'), filterText);
  return unique.length === 1 ? unique[0]! : { kind, parts: unique };
}

/** One of these or one of those is one of all; so it is for none of these and none of those. */
function withOneListAPath(parts: readonly Filter[], kind: 'in' | 'nin'): Filter[] {
  const others: Filter[] = [];
  const lists = new Map<string, Filter & { readonly kind: 'in' | 'nin' }>();
  for (const part of parts) {
    if (part.kind !== kind) {
      others.push(part);
      continue;
    }
    const path = JSON.stringify(part.path);
    const values = [...(lists.get(path)?.values ?? []), ...part.values];
    lists.set(path, { ...part, kind, values: distinct(values, JSON.stringify) });
  }
  return [...others, ...lists.values()];
}

/** Sorted by their texts. */
const distinct = <T>(items: readonly T[], textOf: (item: T) => string): T[] =>
  [...new Map(items.map((item) => [textOf(item), item]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
