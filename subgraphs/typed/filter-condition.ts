import { placeIn } from '../../schema/argument.ts';
import { errors, withArgument } from '../../schema/errors.ts';
import { parseFilter, type FilterOptions } from '../../schema/filter-parser.ts';
import type { Filter, Json, JsonObject } from '../../schema/filter.ts';
import { isObject } from '../../schema/json.ts';
import type { TypedField } from '../../schema/typed/model.ts';

/** What can be filtered on: the fields of a collection, and by name those of its nested types. */
export interface Filtered {
  readonly fields: readonly TypedField[];
  readonly nestedFields: (type: string) => readonly TypedField[];
}

/** Where the reader is: in the input (`argument`), and in the metadata (`steps`). */
export interface Scope extends Filtered {
  readonly argument: string;
  readonly steps: readonly { readonly key: string; readonly argument: string }[];
  readonly depth: number;
  readonly options: FilterOptions;
}

/** What an object asks for, which must be something: in the grammar an empty one filters nothing. */
export function conditionsOf(input: unknown, argument: string): [string, unknown][] {
  const entries = isObject(input) ? Object.entries(input) : [];
  if (entries.length > 0) return entries;
  throw errors.invalidFilter(argument, 'an object with at least one condition', input);
}

/** One condition on what is in the metadata where the reader is. The one grammar judges it. */
export function condition(operator: string, operand: unknown, scope: Scope): Filter {
  const json = scope.steps.reduceRight<JsonObject>((inner, { key }) => ({ [key]: inner }), {
    // GraphQL has checked that it is JSON.
    [operator]: operand as Json,
  });
  try {
    return parseFilter(json, scope.options)!;
  } catch (error) {
    throw withArgument(error, (place) => sourceOf(place, scope));
  }
}

/** What the caller wrote there: a key that cannot be filtered on, or else the operand or its part. */
function sourceOf(place: string, { argument, steps: [field], options }: Scope): string {
  if (field && place === placeIn(options.argument, field.key)) return field.argument;
  const index = /\[\d+\]$/.exec(place)?.[0] ?? '';
  return argument + index;
}

/** One AND inside of another is a level that the caller did not write: there are few to have. */
export function joined(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const flat = parts.flatMap((part) =>
    part.kind === kind && 'parts' in part ? part.parts : [part],
  );
  return flat.length === 1 ? flat[0]! : { kind, parts: flat };
}
