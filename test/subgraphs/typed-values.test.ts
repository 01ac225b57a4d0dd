import type { Json } from '../../schema/filter.ts';
import type { FieldScalar, FieldType } from '../../schema/typed/model.ts';
import { toUtc } from '../../subgraphs/typed/dates.ts';
import { readStored } from '../../subgraphs/typed/values.ts';

const record = { bucket: 'b', collection: 'docs', key: 'one' };

const scalar = (name: FieldScalar, nonNull = false): FieldType => ({
  kind: 'scalar',
  scalar: name,
  nonNull,
});
const listOf = (of: FieldType, nonNull = false): FieldType => ({ kind: 'list', of, nonNull });
const author: FieldType = { kind: 'object', name: 'Author', nonNull: false };

const read = (value: Json | undefined, type: FieldType): unknown =>
  readStored(value, type, 'Doc.field', record);

describe('a stored value', () => {
  test.each<[FieldScalar, Json, unknown]>([
    ['Int', 5, 5],
    ['Int', -0, -0],
    ['Int', 2 ** 31 - 1, 2 ** 31 - 1],
    ['Int', -(2 ** 31), -(2 ** 31)],
    ['Float', 5, 5],
    ['Float', -0.25, -0.25],
    ['Boolean', false, false],
    ['String', '', ''],
    ['String', '5', '5'],
    ['ID', 'a', 'a'],
    ['ID', 5, '5'],
    ['DateTime', '2026-11-21', '2026-11-21'],
    ['DateTime', '2024-02-29', '2024-02-29'],
    ['DateTime', '2026-11-21T10:00', '2026-11-21T10:00'],
    ['DateTime', '2026-11-21T10:00:00.123456+02:00', '2026-11-21T10:00:00.123456+02:00'],
    ['DateTime', '2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z'],
  ])('of %s can be %j', (name, value, shown) => {
    expect(read(value, scalar(name, true))).toBe(shown);
  });

  test.each<[FieldScalar, Json]>([
    ['Int', '5'],
    ['Int', 5.5],
    ['Int', 2 ** 31],
    ['Int', true],
    ['Int', Infinity],
    ['Float', '5'],
    ['Float', Infinity],
    ['Float', [5]],
    ['Boolean', 0],
    ['Boolean', 'true'],
    ['String', 5],
    ['String', ['a']],
    ['String', {}],
    ['ID', 5.5],
    ['ID', 2 ** 60],
    ['ID', true],
    ['DateTime', 0],
    ['DateTime', 'yesterday'],
    ['DateTime', '2026-13-01'],
    ['DateTime', '2026-02-30'],
    ['DateTime', '2025-02-29T10:00:00Z'],
    ['DateTime', '2026-11-21 10:00:00'],
    ['DateTime', 'infinity'],
  ])('of %s cannot be %j', (name, value) => {
    expect(() => read(value, scalar(name))).toThrow(
      /^Doc\.field of record "one" must be stored as/,
    );
  });

  test.each([null, undefined])('that is %j is null', (value) => {
    expect(read(value, scalar('String'))).toBeNull();
    expect(read(value, listOf(scalar('String')))).toBeNull();
    expect(read(value, author)).toBeNull();
  });

  test.each([null, undefined])('that is %j is an error where there must be one', (value) => {
    const needed = /must be stored as .*; got (null|nothing)\.$/;
    expect(() => read(value, scalar('String', true))).toThrow(needed);
    expect(() => read(value, listOf(scalar('String'), true))).toThrow(needed);
    expect(() => read(value, { ...author, nonNull: true })).toThrow(needed);
  });

  test('says what was needed, what came, and where', () => {
    expect(() => read(5, scalar('String'))).toThrow(
      expect.objectContaining({
        message: 'Doc.field of record "one" must be stored as a text (String); got 5.',
        extensions: { code: 'VALUE_MISMATCH', field: 'Doc.field', ...record },
      }),
    );
  });
});

describe('a stored list', () => {
  test('has an error in the place of each element that does not fit', () => {
    const values = read(['a', 5, null, 'b'], listOf(scalar('String', true)));

    expect(values).toEqual(['a', expect.any(Error), expect.any(Error), 'b']);
    expect((values as Error[])[1]!.message).toMatch(/^Doc\.field\[1\] of record "one"/);
  });

  test('may hold null where its elements may be null', () => {
    expect(read([null, 1], listOf(scalar('Int')))).toEqual([null, 1]);
  });

  test.each([['a'], [5], [{ 0: 'a' }]])('is not %j', (value) => {
    expect(() => read(value, listOf(scalar('String')))).toThrow(/must be stored as a list; got/);
  });
});

describe('a stored object', () => {
  test('goes on to the fields of its type with the record that it is in', () => {
    expect(read({ name: 'Ada' }, author)).toEqual({ record, value: { name: 'Ada' } });
    expect(read([{ name: 'Ada' }, 5], listOf(author))).toEqual([
      { record, value: { name: 'Ada' } },
      expect.any(Error),
    ]);
  });

  test.each([['Ada'], [5], [[]]])('is not %j', (value) => {
    expect(() => read(value, author)).toThrow(/must be stored as an object; got/);
  });
});

describe('a moment that is given', () => {
  test.each([
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T10:00:00+02:00', '2026-11-21T08:00:00.000Z'],
    ['2026-11-21T10:00Z', '2026-11-21T10:00:00.000Z'],
  ])('%s is the text %s', (given, text) => {
    expect(toUtc(given)).toBe(text);
  });

  test.each([
    '2026-11-21T10:00:00',
    '2026-02-30T10:00:00Z',
    '9999-12-31T23:00:00-02:00',
    '0000-01-01T00:00:00+02:00',
    'today',
    5,
    null,
  ])('is not %j', (given) => {
    expect(toUtc(given)).toBeNull();
  });
});
