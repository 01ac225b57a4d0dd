import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import {
  decodeEntry,
  encodeEntry,
  firstOf,
  seenBy,
  type Entry,
} from '../../gateway/cache/entry.ts';
import type { JsonObject } from '../../schema/filter.ts';
import { searchAnswer, shardProfile } from '../support/search-queries.ts';

const entry: Entry = {
  answer: searchAnswer(),
  limit: 10,
  filledAtMs: 1_700_000_000_000,
  generation: '',
};

const matches = fc.array(
  fc.record(
    {
      key: fc.string({ unit: 'grapheme', minLength: 1 }),
      distance: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      metadata: fc.json().map((text): JsonObject => ({ is: JSON.parse(text) })),
      vector: fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 9 }),
    },
    { requiredKeys: ['key', 'distance'] },
  ),
  { maxLength: 5 },
);

describe('bytes', () => {
  test('are read as the entry that they were made of', () => {
    const check = (some: Entry['answer']['matches']): void => {
      const whole = { ...entry, answer: searchAnswer({ matches: some }) };
      const bytes = encodeEntry(whole, 'key');
      const moved = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);

      expect(decodeEntry(bytes, 'key')).toEqual(whole);
      expect(decodeEntry(moved, 'key')).toEqual(whole);
    };
    fc.assert(fc.property(matches, check));
  });

  test('that were changed or cut anywhere are a miss', () => {
    const bytes = encodeEntry(entry, 'key');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1 << (i % 8);

      expect(decodeEntry(changed, 'key')).toBeNull();
      expect(decodeEntry(bytes.subarray(0, i), 'key')).toBeNull();
    }
  });

  test('of any other kind are a miss', () => {
    const check = (bytes: Uint8Array): void =>
      expect(decodeEntry(Buffer.from(bytes), 'key')).toBeNull();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), check));
  });

  test.each(['', 'null', '5', '{"key"'])('that are whole and say %j are a miss', (head) => {
    const body = Buffer.from(`\0\0\0\0${head}`);
    body.writeUInt32LE(head.length);
    const bytes = Buffer.concat([Buffer.alloc(5, 1), body]);
    bytes.writeUInt32LE(crc32(body), 1);

    expect(decodeEntry(bytes, 'key')).toBeNull();
  });

  test('of another search are a miss', () => {
    expect(decodeEntry(encodeEntry(entry, 'key'), 'other')).toBeNull();
  });

  test('are read anew each time, so no caller changes what another gets', () => {
    const vector = Float32Array.of(1, 2);
    const answer = searchAnswer({
      matches: [{ key: 'one', distance: 0, metadata: { a: 1 }, vector }],
    });
    const bytes = encodeEntry({ ...entry, answer }, 'key');
    const first = decodeEntry(bytes, 'key')!;
    Object.assign(first.answer.matches[0]!.metadata!, { a: 2 });
    first.answer.matches[0]!.vector![0] = 5;

    expect(decodeEntry(bytes, 'key')!.answer.matches[0]).toMatchObject({
      metadata: { a: 1 },
      vector,
    });
  });
});

describe('a search for fewer', () => {
  const answer = searchAnswer();

  test('gets the nearest, and hears that there are more', () => {
    const first = firstOf(answer, 1);

    expect(first.matches.map(({ key }) => key)).toEqual(['one']);
    expect(first.hasMore).toBe(true);
    expect(first.shards[0]).toMatchObject({ pod: 'pod-a', rowCount: 1 });
  });

  test('gets all, when there are no more', () => {
    expect(firstOf(answer, 2)).toEqual(answer);
    expect(firstOf({ ...answer, hasMore: true }, 5).hasMore).toBe(true);
  });
});

describe('what an answer has seen', () => {
  test('is the change of each shard under its placement', () => {
    expect(seenBy(searchAnswer())).toEqual({
      placementVersion: 3,
      changes: new Map([
        ['pod-a', { table: 'pod-a-1', count: 7 }],
        ['pod-b', { table: 'pod-b-1', count: 7 }],
      ]),
    });
  });

  test.each([
    ['a shard did not answer', [shardProfile('pod-a'), { pod: 'pod-b', error: new Error() }]],
    ['a shard ran out of time', [shardProfile('pod-a', { truncated: true })]],
    ['nobody counts the changes', [shardProfile('pod-a', { change: null })]],
    ['a pod answered twice', [shardProfile('pod-a'), shardProfile('pod-a')]],
    ['no shard was asked', []],
  ])('is not known when %s', (_, shards) => {
    expect(seenBy(searchAnswer({ shards }))).toBeNull();
  });
});
