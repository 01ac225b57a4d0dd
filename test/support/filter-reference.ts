import type { Filter, Json, JsonObject, Path } from '../../schema/filter.ts';
import { compareBytes } from '../../schema/key.ts';

/** What filters mean, in another language than SQL. */
export function matches(filter: Filter, metadata: JsonObject): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matches(part, metadata));
    case 'or':
      return filter.parts.some((part) => matches(part, metadata));
    case 'not':
      return !matches(filter.part, metadata);
    default: {
      const found = at(metadata, filter.path);
      if (filter.kind === 'exists') return (found !== undefined) === filter.value;
      return found !== undefined && holds(filter, found);
    }
  }
}

type Condition = Exclude<Filter, { kind: 'and' | 'or' | 'not' | 'exists' }>;

function holds(filter: Condition, found: Json): boolean {
  switch (filter.kind) {
    case 'eq':
      return same(found, filter.value);
    case 'ne':
      return !same(found, filter.value);
    case 'in':
      return filter.values.some((value) => same(found, value));
    case 'nin':
      return !filter.values.some((value) => same(found, value));
    case 'any':
      return (Array.isArray(found) ? found : [found]).some((element) =>
        holds(filter.part as Condition, element),
      );
    case 'contains':
      return Array.isArray(found) && filter.values.every((v) => found.some((e) => same(e, v)));
    case 'containsAny':
      return Array.isArray(found) && filter.values.some((v) => found.some((e) => same(e, v)));
    case 'startsWith':
      return typeof found === 'string' && found.startsWith(filter.value);
    case 'like':
      return (
        typeof found === 'string' &&
        isLike(characters(found), characters(filter.value), (a, b) => a === b)
      );
    case 'ilike':
      return (
        typeof found === 'string' && isLike(characters(found), characters(filter.value), sameLetter)
      );
    default: {
      if (typeof found !== typeof filter.value) return false;
      const order =
        typeof found === 'string'
          ? compareBytes(found, filter.value as string)
          : (found as number) - (filter.value as number);
      return { lt: order < 0, lte: order <= 0, gt: order > 0, gte: order >= 0 }[filter.kind];
    }
  }
}

function isLike(
  text: readonly string[],
  [first, ...rest]: readonly string[],
  equal: (a: string, b: string) => boolean,
): boolean {
  const [head, ...tail] = text;
  if (first === undefined) return head === undefined;
  if (first === '%') {
    return (
      isLike(text, rest, equal) || (head !== undefined && isLike(tail, [first, ...rest], equal))
    );
  }
  if (head === undefined) return false;
  if (first === '_') return isLike(tail, rest, equal);
  const [wanted, left] = first === '\\' ? [rest[0]!, rest.slice(1)] : [first, rest];
  return equal(head, wanted) && isLike(tail, left, equal);
}

const characters = (text: string): readonly string[] => Array.from(text);

const sameLetter = (a: string, b: string): boolean =>
  [b, b.toLowerCase(), b.toUpperCase(), b.toUpperCase().toLowerCase()].includes(a);

const at = (metadata: JsonObject, path: Path): Json | undefined =>
  path.reduce<Json | undefined>(
    (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    metadata,
  );

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function same(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((x, i) => same(x, b[i]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && same(a[key]!, b[key]!))
    );
  }
  return a === b;
}
