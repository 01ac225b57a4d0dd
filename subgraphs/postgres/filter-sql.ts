import type { Filter, Json, Path, Scalar } from '../../schema/filter.ts';
import { caseBlind } from './case-blind.ts';
import type { Parameters } from './sql/parameters.ts';

/** Where a condition stands: what the metadata is called there, and the statement's values. */
export interface Scope {
  readonly metadata: string;
  /** Where the metadata is put together, the column of it that an index may be on. */
  readonly indexed?: IndexedPart | undefined;
  readonly add: Parameters['add'];
}

export interface IndexedPart {
  /** jsonb, or null. */
  readonly column: string;
  /** The keys of which it does not decide. */
  readonly except: readonly string[];
}

/**
 * A checked filter as an SQL condition on the metadata. Each part is true or
 * false, never null, so that `not` means what it says. Containment (`@>`) stands beside what it
 * does not say exactly: an index answers it.
 */
export function filterSql(filter: Filter, scope: Scope): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return joined(
        filter.parts.map((part) => filterSql(part, scope)),
        filter.kind,
      );
    case 'not':
      return `not ${filterSql(filter.part, scope)}`;
    case 'eq':
      return `(${holds(filter.path, filter.value, scope)} and ${equals(filter.path, filter.value, scope)})`;
    case 'ne':
      return `coalesce(${at(filter.path, scope)} <> ${scope.add(json(filter.value))}::jsonb, false)`;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return compared(filter.path, comparators[filter.kind], filter.value, scope);
    case 'in':
      return `(${holdsAny(filter.path, filter.values, scope)} and ${isAny(filter.path, filter.values, scope)})`;
    case 'nin':
      return `coalesce(${at(filter.path, scope)} <> all (${list(filter.values, scope)}), false)`;
    case 'exists':
      return `(${at(filter.path, scope)} is ${filter.value ? 'not null' : 'null'})`;
    case 'any':
      return `(${mayHold(filter.path, filter.part, scope)} and ${anyElement(filter.path, filter.part, scope)})`;
    case 'contains':
      return `(${holds(filter.path, filter.values, scope)})`;
    case 'containsAny':
      return containsAny(filter.path, filter.values, scope);
    case 'like':
      return ofText(filter.path, scope, (text) => `${text} like ${scope.add(filter.value)}::text`);
    case 'ilike':
      return ofText(
        filter.path,
        scope,
        (text) => `${text} ~ ${scope.add(caseBlind(filter.value))}::text`,
      );
    case 'startsWith':
      return ofText(
        filter.path,
        scope,
        (text) => `starts_with(${text}, ${scope.add(filter.value)}::text)`,
      );
    default:
      return filter satisfies never;
  }
}

const comparators = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** Above this many the index is no help, and each row would be held against every value. */
export const indexedValuesMax = 100;

function joined(parts: readonly string[], kind: 'and' | 'or'): string {
  if (parts.length === 0) return kind === 'and' ? 'true' : 'false';
  return `(${parts.join(` ${kind} `)})`;
}

/** What is at the path, or null. Steps are keys of objects: `->` with a text never enters a list. */
export const at = (path: Path, scope: Scope): string =>
  `(${scope.metadata}${path.map((key) => ` -> ${scope.add(key)}::text`).join('')})`;

const json = (value: Json): string => JSON.stringify(value);

const list = (values: readonly Json[], scope: Scope): string =>
  `${scope.add(values.map(json))}::text[]::jsonb[]`;

/** The metadata has at least this value, or the elements of this list, at the path. */
function holds(path: Path, value: Json, { metadata, indexed, add }: Scope): string {
  const wanted = json(path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value));
  const whole = path[0] === undefined || !indexed || indexed.except.includes(path[0]);
  return whole
    ? `${metadata} @> ${add(wanted)}::jsonb`
    : `(${indexed.column} @> ${add(wanted)}::jsonb and ${indexed.column} is not null)`;
}

const equals = (path: Path, value: Json, scope: Scope): string =>
  `coalesce(${at(path, scope)} = ${scope.add(json(value))}::jsonb, false)`;

function holdsAny(path: Path, values: readonly Scalar[], scope: Scope): string {
  if (values.length > indexedValuesMax) return 'true';
  return joined(
    values.map((value) => holds(path, value, scope)),
    'or',
  );
}

const isAny = (path: Path, values: readonly Scalar[], scope: Scope): string =>
  `coalesce(${at(path, scope)} = any (${list(values, scope)}), false)`;

/** True wherever the value, or an element of the list, is one that `part` names: for the index. */
function mayHold(path: Path, part: Filter, scope: Scope): string {
  const values = part.kind === 'eq' ? [part.value] : part.kind === 'in' ? part.values : [];
  if (values.length === 0 || values.length > indexedValuesMax) return 'true';
  return joined(
    values.flatMap((value) => [holds(path, value, scope), holds(path, [value], scope)]),
    'or',
  );
}

/** `$[*]` are the elements of a list, and anything else itself; of what is not there, nothing. */
const anyElement = (path: Path, part: Filter, scope: Scope): string =>
  `exists (select from jsonb_path_query(${at(path, scope)}, '$[*]') as each (element) where ${filterSql(part, { ...scope, metadata: 'each.element', indexed: undefined })})`;

/** Numbers compare as jsonb does, exactly; strings by their bytes. */
function compared(path: Path, operator: string, value: string | number, scope: Scope): string {
  if (typeof value === 'string') {
    return ofText(path, scope, (text) => `${text} ${operator} ${scope.add(value)}::text`);
  }
  const found = at(path, scope);
  return `(case jsonb_typeof(${found}) when 'number' then ${found} ${operator} ${scope.add(json(value))}::jsonb else false end)`;
}

/** A condition that only a string meets, whatever the database's locale. */
function ofText(path: Path, scope: Scope, condition: (text: string) => string): string {
  const found = at(path, scope);
  return `(case jsonb_typeof(${found}) when 'string' then ${condition(textIn(found))} else false end)`;
}

/** The text of a string in jsonb; its order is that of its bytes. */
export const textIn = (found: string): string => `(${found} #>> '{}') collate "C"`;

/** A list in jsonb holds each of its elements as a list of one. */
function containsAny(path: Path, values: readonly Scalar[], scope: Scope): string {
  if (values.length <= indexedValuesMax) {
    return joined(
      values.map((value) => holds(path, [value], scope)),
      'or',
    );
  }
  const found = at(path, scope);
  return `(case jsonb_typeof(${found}) when 'array' then exists (select from jsonb_array_elements(${found}) as each (element) where each.element = any (${list(values, scope)})) else false end)`;
}
