import type { Filter, Json, JsonObject, Path } from './filter.ts';
import { isObject } from './json.ts';

/**
 * A filter as `parseFilter` reads it, in one canonical form: every condition has its operator, every
 * AND is written as $and, and the keys of values are sorted. It is no deeper and has no more
 * conditions than what it was parsed from, so a pod with the same limits takes it.
 */
export function filterToJson(filter: Filter): JsonObject {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { [`$${filter.kind}`]: filter.parts.map(filterToJson) };
    case 'not':
      return { $not: filterToJson(filter.part) };
    case 'any':
      return nested(filter.path, { $any: filterToJson(filter.part) });
    case 'in':
    case 'nin':
    case 'contains':
    case 'containsAny':
      return nested(filter.path, { [`$${filter.kind}`]: filter.values });
    default:
      return nested(filter.path, { [`$${filter.kind}`]: sorted(filter.value) });
  }
}

// A computed key makes a property of its own even of `__proto__`; so does `Object.fromEntries`.
const nested = (path: Path, condition: JsonObject): JsonObject =>
  path.reduceRight<JsonObject>((inner, key) => ({ [key]: inner }), condition);

/** The keys of objects in one order. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key]!)]));
}
