import { codeOf, type ErrorCode } from '../../../schema/errors.ts';
import { checkFilterable } from '../../../schema/names.ts';
import type { Limits } from '../../../schema/limits.ts';
import { checkVector } from '../../../subgraphs/collections.ts';
import type { Embedder } from '../../../subgraphs/embedder.ts';
import type { Collection, NewRecord, VectorStore } from '../../../subgraphs/store.ts';
import { isPassing, withRetries, type Patience } from '../retries.ts';
import type { Draft } from './drafts.ts';
import type { Reject } from './journal.ts';

/** A draft and the line that it came from. */
export interface Numbered {
  readonly line: number;
  readonly draft: Draft;
}

export interface Destination {
  readonly store: VectorStore;
  readonly collection: Collection;
  /** null: no draft needs one. */
  readonly embedder: Embedder | null;
  readonly limits: Limits;
  readonly patience: Patience;
}

/**
 * Embed what needs it and write all; what is wrong with one record costs that record alone. Gives
 * the records that were not taken, and rejects when it is not their fault.
 */
export async function deliver(
  items: readonly Numbered[],
  destination: Destination,
): Promise<readonly Reject[]> {
  const { collection, limits } = destination;
  const records: { readonly line: number; readonly record: NewRecord }[] = [];
  const refused: Reject[] = [];
  const accept = ({ line, draft }: Numbered, vector: Float32Array): void => {
    const { key, metadata } = draft;
    try {
      checkVector('vector', vector, collection);
      checkFilterable(metadata, 'metadata', collection.nonFilterableKeys, limits);
      records.push({ line, record: { key, vector, metadata } });
    } catch (error) {
      refused.push({ line, key, error });
    }
  };

  const texts: Numbered[] = [];
  for (const item of items) {
    if (item.draft.vector) accept(item, item.draft.vector);
    else texts.push(item);
  }
  const unembedded = await inHalves(texts, (some) => embed(some, destination, accept));
  const unwritten = await inHalves(records, (some) => write(some, destination));
  return [
    ...refused,
    ...unembedded.map(({ item, error }) => ({ line: item.line, key: item.draft.key, error })),
    ...unwritten.map(({ item, error }) => ({ line: item.line, key: item.record.key, error })),
  ].sort((a, b) => a.line - b.line);
}

async function embed(
  items: readonly Numbered[],
  { embedder, patience }: Destination,
  accept: (item: Numbered, vector: Float32Array) => void,
): Promise<void> {
  const texts = items.map(({ draft }) => draft.text ?? '');
  const vectors = await withRetries(patience, (call) => embedder!.embed(texts, call));
  items.forEach((item, i) => accept(item, vectors[i]!));
}

async function write(
  items: readonly { readonly record: NewRecord }[],
  { store, collection: { bucket, collection }, patience }: Destination,
): Promise<void> {
  const records = items.map(({ record }) => record);
  await withRetries(patience, (call) =>
    store.upsert({ bucket, collection, records, version: null }, call),
  );
}

interface Refusal<T> {
  readonly item: T;
  readonly error: unknown;
}

/** Do the work for all of the items; while it fails for a reason one of them may have, for halves. */
async function inHalves<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
): Promise<readonly Refusal<T>[]> {
  if (items.length === 0) return [];
  try {
    await work(items);
    return [];
  } catch (error) {
    if (!mayBeOfOne(error)) throw error;
    if (items.length === 1) return [{ item: items[0]!, error }];
    const middle = Math.ceil(items.length / 2);
    const first = await inHalves(items.slice(0, middle), work);
    const refusals = [...first, ...(await inHalves(items.slice(middle), work))];
    // A database that takes nothing at all is not the records' fault.
    const reasons = refusals.map((refusal) => refusal.error);
    if (reasons.length === items.length && !reasons.some(isJudged)) throw error;
    return refusals;
  }
}

/** A part of a write can have failed for anything, also for what one record is. */
const mayBeOfOne = (error: unknown): boolean =>
  codeOf(error) === 'PARTIAL_WRITE' || !(isPassing(error) || isOfAll(error));

const isOfAll = (error: unknown): boolean => ofAll.has(codeOf(error) ?? '');

/** Somebody looked at the record and refused it. */
const isJudged = (error: unknown): boolean => judged.has(codeOf(error) ?? '');

const ofAll: ReadonlySet<string> = new Set<ErrorCode>([
  'COLLECTION_NOT_FOUND',
  'UNAUTHENTICATED',
  'FORBIDDEN',
]);

const judged: ReadonlySet<string> = new Set<ErrorCode>([
  'BAD_USER_INPUT',
  'DIMENSION_MISMATCH',
  'LIMIT_EXCEEDED',
]);
