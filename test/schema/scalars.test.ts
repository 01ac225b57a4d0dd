import { parseValue } from 'graphql';
import { scalars } from '../../schema/scalars.ts';

const lenient = Object.values(scalars);

test.each(lenient)('%s passes any value on', (scalar) => {
  for (const value of [null, 5, 'x', [1, 'x', Number.NaN], { a: { $gt: 1 } }]) {
    expect(scalar.parseValue(value)).toBe(value);
    expect(scalar.serialize(value)).toBe(value);
  }
});

test.each(lenient)('%s makes plain values of literals', (scalar) => {
  const literal = parseValue('{a: [1, -2.5e3, "x", true, null, {b: RED}], c: $c, d: "1"}');

  expect(scalar.parseLiteral(literal, { c: { e: 1 } })).toEqual({
    a: [1, -2500, 'x', true, null, { b: 'RED' }],
    c: { e: 1 },
    d: '1',
  });
});

test.each(lenient)('in a literal of %s __proto__ is a key like others', (scalar) => {
  const value = scalar.parseLiteral(parseValue('{__proto__: {polluted: true}}'));

  expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true}}');
  expect({}).not.toHaveProperty('polluted');
});

test('a vector goes out as a list of short numbers', () => {
  expect(scalars.Vector.serialize(Float32Array.of(0.1, -2, 0))).toEqual([0.1, -2, 0]);
});
