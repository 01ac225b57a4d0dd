import { InvalidArgumentError } from 'commander';

/** What the values of options must be; commander says of which option, and exits. */

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}

/** Any integer: whether it is a sensible one is for the server to say. */
export function anyInteger(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be an integer.');
}

export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

/** One of the words of the API, in any case: `cosine` is COSINE. */
export function wordOf<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word === text.toUpperCase().replaceAll('-', '_'));
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be one of ${words.join(', ').toLowerCase()}.`);
  };
}

/** `a,b` is two names. */
export const names = (text: string): string[] => text.split(',').map((name) => name.trim());
