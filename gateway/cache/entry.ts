import { crc32 } from 'node:zlib';
import type { Match, SearchAnswer } from '../../subgraphs/store.ts';
import { changesOf, type Seen } from './floors.ts';

/** What the cache keeps of a search. */
export interface Entry {
  readonly answer: SearchAnswer;
  /** How many matches were asked for; it serves searches for no more. */
  readonly limit: number;
  readonly filledAtMs: number;
  /** Of the floors that stood when it was made. */
  readonly generation: string;
}

/** No shard is missing or ran out of time: another search would show no more. */
export const isWhole = ({ shards }: SearchAnswer): boolean =>
  shards.length > 0 && shards.every((shard) => !('error' in shard) && !shard.truncated);

/**
 * The state that an answer shows; null where nobody can tell: it is not whole, or nobody counts the
 * changes of a shard. Such an answer is not kept.
 */
export function seenBy(answer: SearchAnswer): Seen | null {
  if (!isWhole(answer)) return null;
  const { shards, placementVersion } = answer;
  const changes = changesOf(shards.flatMap((shard) => ('error' in shard ? [] : shard)));
  return changes && { placementVersion, changes };
}

/** The answer to the same search for fewer matches. */
export const firstOf = (answer: SearchAnswer, limit: number): SearchAnswer => ({
  ...answer,
  matches: answer.matches.slice(0, limit),
  hasMore: answer.hasMore || answer.matches.length > limit,
  shards: answer.shards.map((shard) =>
    'error' in shard ? shard : { ...shard, rowCount: Math.min(shard.rowCount, limit) },
  ),
});

/**
 * An entry as bytes: version, checksum, length of the head, head, vectors. The head is JSON, with
 * the key of the search and for a vector its length; vectors are as they lie in memory: as
 * base64 in the JSON they would be a third larger, and be read and written letter by letter.
 */
export function encodeEntry({ answer, ...rest }: Entry, key: string): Buffer {
  const matches = answer.matches.map((match) => ({ ...match, vector: match.vector?.length }));
  const head = Buffer.from(JSON.stringify({ ...rest, key, answer: { ...answer, matches } }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const vectors = answer.matches.flatMap(({ vector }) => (vector ? [bytesOf(vector)] : []));
  const body = Buffer.concat([length, head, ...vectors]);
  const prefix = Buffer.alloc(prefixBytes, formatVersion);
  prefix.writeUInt32LE(crc32(body), 1);
  return Buffer.concat([prefix, body]);
}

/**
 * A new value each time: whoever gets it may change it. null: it is none of ours, or not whole, or
 * that of another search, as from a connection on which answers have slipped.
 */
export function decodeEntry(bytes: Buffer, key: string): Entry | null {
  if (bytes.length < prefixBytes + 4 || bytes[0] !== formatVersion) return null;
  const body = bytes.subarray(prefixBytes);
  if (crc32(body) !== bytes.readUInt32LE(1)) return null;
  const headEnd = 4 + body.readUInt32LE(0);
  const head = readHead(body.toString('utf8', 4, headEnd));
  if (head?.key !== key) return null;
  const { key: _, ...rest } = head;
  return { ...rest, answer: { ...head.answer, matches: withVectors(head, body, headEnd) } };
}

/** Bytes of another version are a miss: it grows with every change of `Entry`. */
const formatVersion = 1;
/** Version and checksum. */
const prefixBytes = 5;

type HeadMatch = Omit<Match, 'vector'> & { readonly vector?: number };
type Head = Omit<Entry, 'answer'> & {
  readonly key: string;
  readonly answer: Omit<SearchAnswer, 'matches'> & { readonly matches: readonly HeadMatch[] };
};

/** null: the bytes are somebody else's, by whose checksum they are whole. */
function readHead(text: string): Head | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const bytesOf = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);

function withVectors({ answer }: Head, body: Buffer, headEnd: number): readonly Match[] {
  let end = body.byteOffset + headEnd;
  return answer.matches.map(({ vector: length, ...match }) => {
    if (length === undefined) return match;
    const start = end;
    end += 4 * length;
    // A copy, for vectors must begin at a multiple of four.
    return { ...match, vector: new Float32Array(body.buffer.slice(start, end) as ArrayBuffer) };
  });
}
