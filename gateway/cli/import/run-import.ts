import type { Limits } from '../../../schema/limits.ts';
import type { Embedder } from '../../../subgraphs/embedder.ts';
import type { Collection, CollectionRef, VectorStore } from '../../../subgraphs/store.ts';
import { brief } from '../output.ts';
import { withRetries, type Patience } from '../retries.ts';
import { createBatch, type Batch } from './batch.ts';
import { deliver } from './delivery.ts';
import { draftsOf, type Draft, type Shape } from './drafts.ts';
import type { Journal, Progress } from './journal.ts';
import { createLanes } from './lanes.ts';
import type { Row, Rows } from './row.ts';
import { findTarget, makeTarget, type NewCollection } from './target.ts';

export interface ImportPlan {
  readonly rows: Rows;
  readonly ref: CollectionRef;
  /** null: the collection must be there. */
  readonly create: NewCollection | null;
  readonly shape: Shape;
  readonly batchRecords: number;
  readonly rejectsMax: number;
}

export interface ImportTools {
  readonly store: VectorStore;
  readonly limits: Limits;
  /** null: the lines bring their vectors. */
  readonly embedder: Embedder | null;
  readonly journal: Journal;
  /** Its signal stops the import after the batches under way. */
  readonly patience: Patience;
}

export type Ending = 'done' | 'interrupted';

/**
 * Write the records of all rows, several batches at a time. Whatever ends it early, what the journal
 * says is done is done, and another run goes on from there; after a failure before anything was
 * written it begins anew, so that its options can be others.
 */
export async function runImport(plan: ImportPlan, tools: ImportTools): Promise<Ending> {
  try {
    const ending = await writeRows(plan, tools);
    if (ending === 'done') tools.journal.discard();
    return ending;
  } catch (error) {
    if (tools.journal.progress.written === 0) tools.journal.discard();
    throw error;
  }
}

async function writeRows(plan: ImportPlan, tools: ImportTools): Promise<Ending> {
  const { journal, patience } = tools;
  const lanes = createLanes(lanesMax);
  const { rows, first } = withFirst(plan.rows);
  const send: Send = (batch, collection) =>
    lanes.begin(batch.records, deliveryOf(batch, collection, tools));
  async function writeAll(): Promise<Ending> {
    try {
      return await feed({ ...plan, rows }, tools, send);
    } finally {
      await lanes.settle().finally(() => journal.save());
    }
  }
  const ending = await writeAll().catch((error: unknown): Ending => {
    if (!patience.signal.aborted) throw error;
    return 'interrupted';
  });
  if (isRefused(journal.progress, plan)) throw refusal(journal.progress, plan, first());
  return ending;
}

/** More in flight make a write slower and no more of them a second. */
const lanesMax = 6;

/** Half a request: metadata may take more on the way than it does here. */
const shareOfBody = 0.5;

type Send = (batch: Batch, collection: Collection | null) => Promise<void>;

async function feed(plan: ImportPlan, tools: ImportTools, send: Send): Promise<Ending> {
  const { limits, journal, patience } = tools;
  const batch = createBatch({
    recordsMax: plan.batchRecords,
    bytesMax: limits.bodyBytesMax * shareOfBody,
  });
  let collection = plan.create === null ? await openFor(null, plan, tools) : null;
  let line = journal.progress.line;
  const flush = (upTo: number): Promise<void> => send(batch.take(upTo), collection);

  for await (const rows of plan.rows) {
    for (const row of rows) {
      if (patience.signal.aborted) return 'interrupted';
      const drafts = readRow(row, plan.shape, limits);
      if (drafts instanceof Error) batch.reject({ line: row.line, key: null, error: drafts });
      else {
        collection ??= await openFor(drafts[0]!, plan, tools);
        for (const draft of drafts) {
          if (batch.isFull) await flush(line);
          batch.add(row.line, draft);
        }
      }
      line = row.line;
      if (batch.isFull) await flush(line);
    }
    // Told when what is under way has ended: it may yet be written.
    if (isRefused(journal.progress, plan)) return 'done';
  }
  if (!batch.isEmpty) await flush(line);
  return 'done';
}

function readRow({ fields }: Row, shape: Shape, limits: Limits): readonly Draft[] | Error {
  if (fields instanceof Error) return fields;
  try {
    return draftsOf(fields, shape, limits);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The first record says what dimension a new collection has. */
async function openFor(
  first: Draft | null,
  { ref, create }: ImportPlan,
  { store, limits, embedder, patience }: ImportTools,
): Promise<Collection> {
  return withRetries(patience, async (call) => {
    if (create !== null) {
      const dimension = first?.vector?.length ?? embedder?.dimension ?? 0;
      await makeTarget(store, { ...ref, ...create, dimension }, limits, call);
    }
    return findTarget(store, ref, embedder, call);
  });
}

function deliveryOf(
  { records, rejects, line }: Batch,
  collection: Collection | null,
  { journal, ...tools }: ImportTools,
): () => Promise<void> {
  const finish = journal.begin();
  return async () => {
    const items = [...records.values()];
    const refused = collection ? await deliver(items, { ...tools, collection }) : [];
    finish({
      line,
      written: items.length - refused.length,
      rejects: [...rejects, ...refused].sort((a, b) => a.line - b.line),
    });
  };
}

/** The rows as they are, and the first of them once they are being read. */
function withFirst(rows: Rows): { readonly rows: Rows; readonly first: () => Row | undefined } {
  let first: Row | undefined;
  async function* seen(): Rows {
    for await (const some of rows) {
      first ??= some[0];
      yield some;
    }
  }
  return { rows: seen(), first: () => first };
}

const isRefused = ({ rejected }: Progress, { rejectsMax }: ImportPlan): boolean =>
  rejected > rejectsMax;

/** Where no line at all was taken it is not the lines that are wrong. */
function refusal(
  { written, rejected }: Progress,
  { rejectsMax }: ImportPlan,
  first: Row | undefined,
): Error {
  const message = `At most ${rejectsMax} lines may be rejected; ${rejected} were.`;
  if (written > 0 || !first) return new Error(message);
  const { fields } = first;
  const about =
    fields instanceof Error
      ? `the first cannot be read: ${fields.message}`
      : `the first has the fields ${brief(Object.keys(fields).join(', '), 200)}.`;
  return new Error(`${message} No line was taken; ${about}`);
}
