import type { Draft } from './drafts.ts';
import type { Numbered } from './delivery.ts';
import type { Reject } from './journal.ts';

export interface BatchLimits {
  readonly recordsMax: number;
  /** Of one request, as it travels. */
  readonly bytesMax: number;
}

/** What is written together: some lines' records, and those lines that have none. */
export interface Batch {
  readonly records: ReadonlyMap<string, Numbered>;
  readonly rejects: readonly Reject[];
  /** All lines up to here are in this batch or in one before it. */
  readonly line: number;
}

/** A batch that is being filled. */
export interface BatchInMaking {
  readonly isFull: boolean;
  readonly isEmpty: boolean;
  /** A key that is there already is replaced, as the later of two writes would. */
  add(line: number, draft: Draft): void;
  reject(reject: Reject): void;
  /** What is in it; it is empty then. */
  take(line: number): Batch;
}

export function createBatch({ recordsMax, bytesMax }: BatchLimits): BatchInMaking {
  let records = new Map<string, Numbered>();
  let rejects: Reject[] = [];
  let byteCount = 0;
  return {
    get isFull() {
      return records.size >= recordsMax || rejects.length >= recordsMax || byteCount >= bytesMax;
    },
    get isEmpty() {
      return records.size === 0 && rejects.length === 0;
    },
    add(line, draft) {
      records.set(draft.key, { line, draft });
      byteCount += bytesOf(draft);
    },
    reject(reject) {
      rejects.push(reject);
    },
    take(line) {
      const batch = { records, rejects, line };
      records = new Map();
      rejects = [];
      byteCount = 0;
      return batch;
    },
  };
}

/** About as many as it has on the way, where a vector is base64; a text becomes a vector. */
function bytesOf({ vector, text, metadata }: Draft): number {
  const vectorBytes = vector ? (vector.byteLength * 4) / 3 : (text?.length ?? 0);
  return vectorBytes + JSON.stringify(metadata).length;
}
