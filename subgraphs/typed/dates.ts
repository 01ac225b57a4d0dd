/** As other people's services and PostgreSQL write moments: a day, or a time with or without zone. */
export const isDateTime = (value: unknown): value is string =>
  typeof value === 'string' && iso8601.test(value) && isThere(value);

/** One text for one moment, or null. A time without a zone is none: it is another one elsewhere. */
export function toUtc(value: unknown): string | null {
  if (!isDateTime(value) || !hasZone.test(value)) return null;
  const text = new Date(value).toISOString();
  // At either end of the four-digit years a zone can lead out of them.
  return isDateTime(text) ? text : null;
}

export const neededDateTime =
  'a day, or a time with its zone, such as 2026-05-01 or 2026-05-01T09:00:00Z';

const iso8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** A day alone is one of UTC, says the standard. */
const hasZone = /^[^T]*$|Z$|[+-]\d\d:\d\d$/;

/** JavaScript takes the 30th of February for the 2nd of March. */
function isThere(text: string): boolean {
  const day = text.slice(0, 10);
  return !Number.isNaN(Date.parse(text)) && new Date(day).toISOString().startsWith(day);
}
