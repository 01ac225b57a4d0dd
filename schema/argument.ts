import { shown } from './shown.ts';

/** The place of one key or index inside an argument: `filter.year`, `filter["a.b"]`, `keys[3]`. */
export function placeIn(argument: string, step: string | number): string {
  if (typeof step === 'number') return `${argument}[${step}]`;
  return identifier.test(step) ? `${argument}.${step}` : `${argument}[${shown(step)}]`;
}

/** Longer ones are shortened by `shown`: an error need not repeat a key of a megabyte. */
const identifier = /^[$A-Z_a-z][$\w]{0,62}$/;
