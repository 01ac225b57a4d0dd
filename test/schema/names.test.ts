import { defaultLimits } from '../../schema/limits.ts';
import {
  checkBucketName,
  checkCollectionName,
  checkKey,
  checkMetadata,
} from '../../schema/names.ts';
import { refusalOf } from '../support/refusal.ts';

const collection = (name: string): string => checkCollectionName(name, 'name');
const bucket = (name: string): string => checkBucketName(name, 'bucket');
const key = (value: string): string => checkKey(value, 'keys[3]', defaultLimits);
const metadata = (value: unknown): unknown => checkMetadata(value, 'metadata', defaultLimits);

test.each(['docs', 'Docs "2"', 'a.b', 'é'.repeat(31), '📚', ' ', 'public'])(
  '%j is a name of a collection',
  (name) => expect(collection(name)).toBe(name),
);

test.each([
  ['BAD_USER_INPUT', ''],
  ['BAD_USER_INPUT', 'a\0'],
  ['BAD_USER_INPUT', 'a\nb'],
  ['BAD_USER_INPUT', '\u0085'],
  ['BAD_USER_INPUT', '\uD83D'],
  ['LIMIT_EXCEEDED', 'a'.repeat(64)],
  ['LIMIT_EXCEEDED', 'é'.repeat(32)],
])('%s: a name cannot be %j', (code, name) => {
  expect(refusalOf(() => collection(name))).toEqual({ code, argument: 'name' });
  expect(refusalOf(() => bucket(name))).toEqual({ code, argument: 'bucket' });
});

test.each(['vecs', 'publics', 'Team A', 'pgvectors'])('%j is a name of a bucket', (name) =>
  expect(bucket(name)).toBe(name),
);

test.each(
  ['public', 'auth', 'storage', 'extensions', 'quiver', 'information_schema', 'realtime', 'vault']
    .concat(['graphql', 'graphql_public', 'net', 'cron', 'pg_catalog', 'pg_', 'pg_toast'])
    .flatMap((name) => [name, name.toUpperCase()]),
)('the bucket %s may not be made', (name) => {
  expect(refusalOf(() => bucket(name))).toEqual({ code: 'BAD_USER_INPUT', argument: 'bucket' });
});

test.each(['a', ' ', '\n', '📚', '__proto__', 'é'.repeat(512)])('%j is a key', (value) =>
  expect(key(value)).toBe(value),
);

test.each([
  ['BAD_USER_INPUT', ''],
  ['BAD_USER_INPUT', '\0'],
  ['BAD_USER_INPUT', 'a\uDC00b'],
  ['LIMIT_EXCEEDED', 'a'.repeat(1_025)],
  ['LIMIT_EXCEEDED', '📚'.repeat(257)],
])('%s: a key cannot be %j', (code, value) => {
  expect(refusalOf(() => key(value))).toEqual({ code, argument: 'keys[3]' });
});

test.each([null, undefined, {}])('metadata %p is {}', (value) => {
  expect(metadata(value)).toEqual({});
});

test('metadata is any JSON object, and stays as it is', () => {
  const value = JSON.parse('{"a": [1, -2.5e300, null, true, {"": "📚"}], "__proto__": {"$x": 1}}');
  expect(metadata(value)).toBe(value);
});

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

test.each<[code: string, argument: string, value: unknown]>([
  ['BAD_USER_INPUT', 'metadata', 5],
  ['BAD_USER_INPUT', 'metadata', '{}'],
  ['BAD_USER_INPUT', 'metadata', []],
  ['BAD_USER_INPUT', 'metadata', new Date(0)],
  ['BAD_USER_INPUT', 'metadata.a', { a: undefined }],
  ['BAD_USER_INPUT', 'metadata.a', { a: 5n }],
  ['BAD_USER_INPUT', 'metadata.toJSON', { toJSON: () => 'x' }],
  ['BAD_USER_INPUT', 'metadata.a', { a: Number.NaN }],
  ['BAD_USER_INPUT', 'metadata.a.b[1]', { a: { b: [0, -Infinity] } }],
  ['BAD_USER_INPUT', 'metadata["a b"][0]["c-d"]', { 'a b': [{ 'c-d': 'x\0y' }] }],
  ['BAD_USER_INPUT', 'metadata.a', { a: '\uD800' }],
  ['BAD_USER_INPUT', 'metadata.a["\\u0000"]', { a: { '\0': 1 } }],
  ['BAD_USER_INPUT', 'metadata["\\ud800"]', { '\uD800': 1 }],
  ['LIMIT_EXCEEDED', 'metadata', { a: 'é'.repeat(20_480) }],
  ['LIMIT_EXCEEDED', `metadata.a${'[0]'.repeat(63)}`, { a: nested(64) }],
  ['LIMIT_EXCEEDED', `metadata.a${'[0]'.repeat(63)}`, { a: nested(100_000) }],
])('%s at %s', (code, argument, value) => {
  expect(refusalOf(() => metadata(value))).toEqual({ code, argument });
});

test('metadata has room for 40 KiB of JSON and 64 levels', () => {
  expect(metadata({ a: 'x'.repeat(40 * 1_024 - 8) })).toBeDefined();
  expect(metadata({ a: nested(63) })).toBeDefined();
});

test('what is nested too deep to be shown is still refused with an error of ours', () => {
  expect(refusalOf(() => metadata(nested(100_000))).code).toBe('BAD_USER_INPUT');
});
