import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { FilterOptions } from '../../schema/filter-parser.ts';
import type { Json, JsonObject } from '../../schema/filter.ts';
import { isObject } from '../../schema/json.ts';
import type { TypedField } from '../../schema/typed/model.ts';

/** What can be filtered on: the fields of a collection, and by name those of its nested types. */
export interface Filtered {
  readonly fields: readonly TypedField[];
  readonly nestedFields: (type: string) => readonly TypedField[];
}

/** From places in the JSON to places in the input. */
export type Places = Map<string, string>;

/** The JSON of one condition, once it is known where in the whole it will stand. */
export type Condition = (place: string) => JsonObject;

/** Where the reader is: in the input (`argument`), and in the metadata (`steps`). */
export interface Scope extends Filtered {
  readonly argument: string;
  readonly steps: readonly { readonly key: string; readonly argument: string }[];
  readonly depth: number;
  readonly options: FilterOptions;
  readonly places: Places;
}

/** What an object asks for, which must be something: in the grammar an empty one filters nothing. */
export function conditionsOf(input: unknown, argument: string): [string, unknown][] {
  const entries = isObject(input) ? Object.entries(input) : [];
  if (entries.length > 0) return entries;
  throw errors.invalidFilter(argument, 'an object with at least one condition', input);
}

/** One condition on what is in the metadata where the reader is. */
export function leaf(
  operator: string,
  operand: unknown,
  { steps, places, argument }: Scope,
): Condition {
  return (place) => {
    let inside = place;
    for (const step of steps) {
      inside = placeIn(inside, step.key);
      places.set(inside, step.argument);
    }
    places.set(placeIn(inside, operator), argument);
    // GraphQL has checked what it is; the grammar judges the rest.
    const condition = { [operator]: operand as Json };
    return steps.reduceRight<JsonObject>((inner, { key }) => ({ [key]: inner }), condition);
  };
}

export const joined =
  (operator: '$and' | '$or', conditions: readonly Condition[]): Condition =>
  (place) =>
    conditions.length === 1
      ? conditions[0]!(place)
      : { [operator]: conditions.map((one, i) => one(placeIn(placeIn(place, operator), i))) };

/** An error about the whole of it is one about what the caller wrote here. */
export const located =
  (condition: Condition, { places, argument }: Scope): Condition =>
  (place) => {
    places.set(place, argument);
    return condition(place);
  };

/** The nearest place around it that the input has, and what index of a list there. */
export function sourceOf(place: string, places: Places): string {
  let [from, source] = ['', ''];
  for (const [json, argument] of places) {
    if (place.startsWith(json) && json.length > from.length) [from, source] = [json, argument];
  }
  const index = /^\[\d+\]/.exec(place.slice(from.length))?.[0] ?? '';
  return source + index;
}
