/** The values of one statement; `add` gives the place of a value in its text. */
export interface Parameters {
  readonly values: readonly unknown[];
  readonly add: (value: unknown) => string;
}

export function createParameters(...first: readonly unknown[]): Parameters {
  const values = [...first];
  return { values, add: (value) => `$${values.push(value)}` };
}
