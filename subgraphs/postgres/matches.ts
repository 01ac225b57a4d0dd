import { compareBytes } from '../../schema/key.ts';
import type { Match, StoredRecord } from '../store.ts';
import { objectOf } from './rows.ts';
import { readVector } from './vector-bytes.ts';

/** Matches in columns of JSON; null when there are none, absent when they were not selected. */
export interface MatchColumns {
  readonly keys: readonly string[] | null;
  /** Those that are not finite are texts, since JSON has no such numbers; null without a vector. */
  readonly distances: readonly (number | string | null)[] | null;
  readonly metadata?: readonly StoredRecord['metadata'][] | null;
  /** Base64. */
  readonly vectors?: readonly (string | null)[] | null;
}

/** Those with a finite distance, nearest first. */
export function toMatches(rows: readonly MatchColumns[]): Match[] {
  const matches: Match[] = [];
  for (const row of rows) addMatches(row, matches);
  return matches.sort((a, b) => a.distance - b.distance || compareBytes(a.key, b.key));
}

function addMatches({ keys, distances, metadata, vectors }: MatchColumns, matches: Match[]): void {
  if (!keys || !distances) return;
  for (let i = 0; i < keys.length; i++) {
    const distance = distances[i];
    if (typeof distance !== 'number') continue;
    matches.push({
      key: keys[i]!,
      metadata: metadata ? objectOf(metadata[i]) : undefined,
      vector: vectors ? vectorOf(vectors[i]) : undefined,
      // Adding 0 turns -0 into 0.
      distance: distance + 0,
    });
  }
}

/** In tables that are not ours the vector may be null. */
const vectorOf = (base64: string | null | undefined) =>
  base64 ? readVector(Buffer.from(base64, 'base64')) : undefined;
