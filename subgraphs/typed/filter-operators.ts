import { placeIn } from '../../schema/argument.ts';
import { errors } from '../../schema/errors.ts';
import type { Filter, Json } from '../../schema/filter.ts';
import type { FieldScalar } from '../../schema/typed/model.ts';
import { neededDateTime, toUtc } from './dates.ts';
import { condition, conditionsOf, joined, type Scope } from './filter-condition.ts';

/** All that is asked of one field; `scalar` is what it or its elements are, null for objects. */
export function operatorsOf(value: unknown, scalar: FieldScalar | null, scope: Scope): Filter {
  const conditions = conditionsOf(value, scope.argument).map(([name, operand]) =>
    operatorOf(name, operand, scalar, { ...scope, argument: placeIn(scope.argument, name) }),
  );
  return joined('and', conditions);
}

export function operatorOf(
  name: string,
  operand: unknown,
  scalar: FieldScalar | null,
  scope: Scope,
): Filter {
  if (name === 'isNull' && typeof operand === 'boolean') return nullness(operand, scope);
  if (name === 'eq' && operand === null) return nullness(true, scope);
  if (name === 'ne' && operand === null) return nullness(false, scope);
  if (operand === null) throw errors.invalidFilter(scope.argument, 'a value', operand);

  const value = scalar === 'DateTime' ? datesOf(operand, scope.argument) : operand;
  const compared = scalar === 'ID' ? idOf(name, value, scope) : valueOf(name, value, scope);
  // In the grammar a stored null is a value, and other than that.
  const isNegation = name === 'ne' || name === 'nin';
  return isNegation ? joined('and', [compared, nullness(false, scope)]) : compared;
}

const valueOf = (name: string, operand: unknown, scope: Scope): Filter =>
  condition(name === 'containsAll' ? '$contains' : `$${name}`, operand, scope);

/** What is missing is null, as it is where it is read. */
const nullness = (isNull: boolean, scope: Scope): Filter =>
  isNull ? condition('$not', { $ne: null }, scope) : condition('$ne', null, scope);

function datesOf(operand: unknown, argument: string): Json {
  if (Array.isArray(operand)) {
    return operand.map((one: unknown, i) => datesOf(one, placeIn(argument, i)));
  }
  const text = toUtc(operand);
  if (text === null) throw errors.invalidFilter(argument, neededDateTime, operand);
  return text;
}

/** An ID that looks like a number may be stored as one. */
function idOf(name: string, operand: unknown, scope: Scope): Filter {
  const texts = Array.isArray(operand) ? operand.map(String) : [String(operand)];
  const numbers = texts.filter(isWholeNumber).map(Number);
  if (numbers.length === 0) return valueOf(name, operand, scope);

  if (name === 'containsAll') {
    return joined(
      'and',
      texts.map((text) => idOf('contains', text, scope)),
    );
  }
  const operator = idOperators[name] ?? `$${name}`;
  // Two lists, since together they could have more values than a list may have.
  return joined(operator === '$nin' ? 'and' : 'or', [
    condition(operator, texts, scope),
    condition(operator, numbers, scope),
  ]);
}

const idOperators: Readonly<Record<string, string>> = {
  eq: '$in',
  ne: '$nin',
  contains: '$containsAny',
};

const isWholeNumber = (text: string): boolean =>
  /^(?:0|-?[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text));
