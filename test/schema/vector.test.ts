import {
  fitsFloat16,
  isZero,
  isZeroAsFloat16,
  readVector,
  vectorToBase64,
  vectorToList,
} from '../../schema/vector.ts';
import { refusalOf } from '../support/refusal.ts';

const base64 = (...numbers: number[]): string => {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((x, i) => bytes.writeFloatLE(x, 4 * i));
  return bytes.toString('base64');
};

const largestFloat32 = 3.4028234663852886e38;

test.each<[string, unknown, number[]]>([
  ['a list', [1, -2.5, 0], [1, -2.5, 0]],
  ['base64', base64(1, -2.5, 0), [1, -2.5, 0]],
  ['base64 of one number', 'AACAPw==', [1]],
  ['a vector', Float32Array.of(1, 2), [1, 2]],
  ['the largest float32', [largestFloat32, -largestFloat32], [largestFloat32, -largestFloat32]],
  ['the smallest float32', [2 ** -149], [2 ** -149]],
])('%s is read', (_, input, expected) => {
  expect([...readVector(input, 'near.vector')]).toEqual(expected);
});

test.each<[argument: string, input: unknown]>([
  ['v', null],
  ['v', undefined],
  ['v', 5],
  ['v', { 0: 1 }],
  ['v', Float64Array.of(1)],
  ['v', []],
  ['v', ''],
  ['v', new Float32Array(0)],
  ['v[1]', [1, '2']],
  ['v[0]', [null]],
  ['v[0]', [[1]]],
  ['v[1]', [1, undefined]],
  ['v[1]', Object.assign([1], { 2: 3 })],
  ['v[2]', [1, 2, Number.NaN]],
  ['v[0]', [-Infinity]],
  ['v[1]', [0, 1e39]],
  ['v[1]', Float32Array.of(1, Number.NaN)],
  ['v[2]', base64(1, 2, Number.NaN)],
  ['v[0]', base64(Infinity)],
  ['v', '1,2,3'],
  ['v', 'AACAPw'],
  ['v', 'AACAPw='],
  ['v', 'AACAPx=='],
  ['v', 'AACA Pw=='],
  ['v', 'AACAPw==\n'],
  ['v', '__-_Pw=='],
  ['v', 'AACAPwA='],
])('%s is named for %j', (argument, input) => {
  expect(refusalOf(() => readVector(input, 'v'))).toEqual({ code: 'BAD_USER_INPUT', argument });
});

test('an error shows what came, also when float32 would have changed it', () => {
  expect(() => readVector([1, 1e39], 'near.vector')).toThrow(
    'near.vector[1] must be a finite number within the range of float32; got 1e+39.',
  );
});

test('base64 goes both ways, at every length and alignment', () => {
  for (let length = 1; length <= 2_000; length += 37) {
    const vector = Float32Array.from({ length }, (_, i) => Math.sin(i * length));
    const window = new Float32Array([9, ...vector, 9]).subarray(1, -1);

    expect(vectorToBase64(window)).toBe(base64(...vector));
    expect(readVector(vectorToBase64(window), 'v')).toEqual(vector);
  }
});

test('a list has the shortest decimals that read back as the same float32', () => {
  const written = [0, 0.1, -0.25, 0.333333, 123456, 1e-7, 3.4e-20, 1e30, 16777216, 0.99999994];
  expect(vectorToList(Float32Array.from(written))).toEqual(
    written.map((x) => (x === 3.4e-20 || x === 1e30 ? Math.fround(x) : x)),
  );
});

test('a list reads back as the same float32 for every exponent', () => {
  const bits = Uint32Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 0x9e3779b1));
  const vector = new Float32Array(bits.buffer).filter((x) => Number.isFinite(x));

  expect(Float32Array.from(vectorToList(vector))).toEqual(vector);
  expect(Float32Array.from(JSON.parse(JSON.stringify(vectorToList(vector.map(Math.abs)))))).toEqual(
    vector.map(Math.abs),
  );
});

test.each([
  [[0, -0], true],
  [[0, 2 ** -149], false],
])('%p is zero: %p', (numbers, expected) => {
  expect(isZero(Float32Array.from(numbers))).toBe(expected);
});

test.each([
  [[0, 2 ** -25, -1e-9], true],
  [[0, 3.1e-8], false],
])('%p is zero as float16: %p', (numbers, expected) => {
  expect(isZeroAsFloat16(Float32Array.from(numbers))).toBe(expected);
});

test.each([
  [[65_504, -65_519], true],
  [[1, 65_520], false],
  [[-70_000], false],
])('%p fits float16: %p', (numbers, expected) => {
  expect(fitsFloat16(Float32Array.from(numbers))).toBe(expected);
});
