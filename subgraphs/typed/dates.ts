/** As other people's services and PostgreSQL write moments: a day, or a time with or without zone. */
export const isDateTime = (value: unknown): value is string =>
  typeof value === 'string' && iso8601.test(value) && !Number.isNaN(Date.parse(value));

/** One text for one moment, or null. A time without a zone is none: it is another one elsewhere. */
export const toUtc = (value: unknown): string | null =>
  isDateTime(value) && hasZone.test(value) ? new Date(value).toISOString() : null;

export const neededDateTime = 'a date and time of ISO 8601 with its zone';

const iso8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** A day alone is one of UTC, says the standard. */
const hasZone = /^[^T]*$|Z$|[+-]\d\d:\d\d$/;
