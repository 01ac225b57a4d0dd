import { collectionTag, searchKey } from '../../gateway/cache/key.ts';
import type { SearchQuery } from '../../subgraphs/store.ts';
import { searchQuery } from '../support/search-queries.ts';

const context = { placementVersion: 1, caller: '' };
const keyOf = (different: Partial<SearchQuery> = {}): string =>
  searchKey(searchQuery(different), context);

test('a key is 22 characters that stand in a URL', () => {
  expect(keyOf()).toMatch(/^[\w-]{22}$/);
});

test.each<[string, Partial<SearchQuery>]>([
  ['bucket', { bucket: 'other' }],
  ['collection', { collection: 'other' }],
  ['vector', { vector: Float32Array.of(1, 2.0000002) }],
  ['length of the vector', { vector: Float32Array.of(1, 2, 0) }],
  ['metric', { metric: 'L1' }],
  ['filter', { filter: { kind: 'exists', path: ['a'], value: true } }],
  ['excluded key', { exclude: 'one' }],
  ['selected vector', { select: { metadata: 'none', vector: true } }],
  ['selected metadata', { select: { metadata: 'all', vector: false } }],
  ['selected keys', { select: { metadata: ['all'], vector: false } }],
  ['mode', { mode: 'EXACT' }],
  ['efSearch', { efSearch: 100 }],
  ['probes', { probes: 3 }],
  ['class of k', { limit: 101 }],
])('another %s is another key', (_, different) => {
  expect(keyOf(different)).not.toBe(keyOf());
});

test('so is another placement, and a caller who sees other rows', () => {
  const keys = [
    searchKey(searchQuery(), context),
    searchKey(searchQuery(), { ...context, placementVersion: 2 }),
    searchKey(searchQuery(), { ...context, caller: 'ada' }),
  ];

  expect(new Set(keys).size).toBe(3);
});

test('what does not change the answer does not change the key', () => {
  const select = { metadata: ['a', 'b'], vector: false };
  const repeated = { metadata: ['b', 'a', 'b'], vector: false };

  expect(keyOf({ select: repeated })).toBe(keyOf({ select }));
  expect(keyOf({ vector: Float32Array.of(0, 2) })).toBe(keyOf({ vector: Float32Array.of(-0, 2) }));
  expect(
    searchKey(Object.fromEntries(Object.entries(searchQuery()).toReversed()) as never, context),
  ).toBe(keyOf());
});

test('a vector counts by its own bytes, wherever they lie', () => {
  const inside = Float32Array.of(9, 1, 2, 9).subarray(1, 3);

  expect(keyOf({ vector: inside })).toBe(keyOf());
});

test('searches for up to 100, 1,000 and 10,000 matches share a key', () => {
  const keys = [1, 100, 101, 1_000, 1_001, 10_000].map((limit) => keyOf({ limit }));

  expect(keys[1]).toBe(keys[0]);
  expect(keys[3]).toBe(keys[2]);
  expect(keys[5]).toBe(keys[4]);
  expect(new Set(keys).size).toBe(3);
});

test.each<[string, Partial<SearchQuery>]>([
  ['efSearch', { efSearch: 100 }],
  ['probes', { probes: 3 }],
  ['the index', { mode: 'INDEX' }],
])('who asks for %s gets what k alone gives', (_, measured) => {
  expect(keyOf({ ...measured, limit: 5 })).not.toBe(keyOf({ ...measured, limit: 6 }));
});

test('a tag has one pair of braces, and names run into each other in none', () => {
  const tag = collectionTag({ bucket: '}a{', collection: 'b/c' });

  expect(tag).toMatch(/^\{[^{}]+\}$/);
  expect(tag).not.toBe(collectionTag({ bucket: '}a{/b', collection: 'c' }));
});
