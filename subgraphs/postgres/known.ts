import { codeOf, errors, isStalePlacement } from '../../schema/errors.ts';
import { createOwnerOf, isFound, levelOf } from '../../schema/placement.ts';
import type { Call } from '../call.ts';
import type { Collection, CollectionRef, ShardIndex } from '../store.ts';
import { within } from '../within.ts';
import { messageOf, sqlStateOf } from './database-errors.ts';
import type { Database, Statement } from './database.ts';
import { settingOf, type Catalogue } from './catalogue.ts';
import { samplePlaces } from './sample.ts';
import { toIndexes, toServed, type CollectionRow, type Served } from './rows.ts';
import {
  foundStanding,
  knownStatement,
  placedStanding,
  placedStatement,
} from './sql/placements.ts';
import { createTable, vecsMapping, type Table } from './table.ts';

/** What a store remembers of a collection, so that a search is one statement. */
export interface Known {
  readonly collection: Collection;
  readonly table: Table;
  /** The pod that owns a key. */
  readonly ownerOf: (key: string) => string;
  readonly indexes: readonly ShardIndex[];
  /** Infinity while nobody has counted. */
  readonly rowsEstimate: number;
  /** Places in the table, as a tid[]. */
  readonly sample: string;
  /** By filter, whether it had few matches when they were last counted. */
  readonly choices: Map<string, boolean>;
  /** Of searches without a filter, by what else decides their text. */
  readonly statements: Map<string, Statement>;
}

export interface Memory {
  readonly pod: string;
  /**
   * What is remembered, if it is not too old, or what somebody else is just reading: one reads it
   * for all, of whom many may come in one turn. undefined: neither, or that was in vain.
   */
  recall(ref: CollectionRef, call: Call): Known | Promise<Known | undefined> | undefined;
  /** What the database says, in whatever state; null when it knows nothing. */
  read(ref: CollectionRef, call: Call): Promise<Known | null>;
  forget(ref: CollectionRef): void;
}

export function createMemory(database: Database, served: Served): Memory {
  const remembered = new Map<string, { readonly known: Known; readonly readAt: number }>();
  const reads = new Map<string, Promise<Known | null>>();

  async function readNow(ref: CollectionRef, call: Call): Promise<Known | null> {
    const row = await readRow(database, served.catalogue, ref, call);
    const known = row ? toKnown(row, served) : null;
    if (remembered.size >= collectionsMax) remembered.clear();
    // What is not there may come at any moment, and nobody would tell us.
    if (!known || isDropped(known)) remembered.delete(keyOf(ref));
    else remembered.set(keyOf(ref), { known, readAt: Date.now() });
    return known;
  }

  return {
    pod: served.pod,

    recall(ref, call) {
      const entry = remembered.get(keyOf(ref));
      if (entry && Date.now() - entry.readAt < rememberedMs) return entry.known;
      const running = reads.get(keyOf(ref));
      return running && within(call, running).then(unlessDropped, () => undefined);
    },

    async read(ref, call) {
      const key = keyOf(ref);
      const running = readNow(ref, call);
      reads.set(key, running);
      try {
        return await running;
      } finally {
        if (reads.get(key) === running) reads.delete(key);
      }
    },

    forget(ref) {
      remembered.delete(keyOf(ref));
      reads.delete(keyOf(ref));
    },
  };
}

/** Nearly all are placed; to look for tables that Quiver did not make as well is much more to plan. */
async function readRow(
  database: Database,
  catalogue: Catalogue,
  ref: CollectionRef,
  call: Call,
): Promise<KnownRow | undefined> {
  const [placed] = catalogue.prepared
    ? await database.query<KnownRow>(placedStatement(ref), call)
    : [];
  if (placed) return placed;
  const [row] = await database.query<KnownRow>(knownStatement(catalogue, ref), call);
  return row;
}

/**
 * Does `work` with what is remembered of the collection; if that proves outdated, once more with
 * what the database says. So `work` must have changed nothing when it fails in one of these ways.
 */
export async function withKnown<T>(
  memory: Memory,
  ref: CollectionRef,
  call: Call,
  work: (known: Known) => Promise<T>,
): Promise<T> {
  const recalled = memory.recall(ref, call);
  // Who waits for nothing asks in this very turn, so that others can wait for the answer.
  const remembered = recalled && (await recalled);
  if (remembered) {
    try {
      return await work(remembered);
    } catch (error) {
      if (!showsOutdated(error)) throw error;
    }
  }
  const known = await memory.read(ref, call);
  if (!known || isDropped(known)) throw errors.collectionNotFound(ref.bucket, ref.collection);
  try {
    return await work(known);
  } catch (error) {
    if (isGone(error)) throw errors.collectionNotFound(ref.bucket, ref.collection);
    if (!showsOtherTable(error)) throw error;
    const what = `cannot serve "${ref.collection}", whose table is not as it was made`;
    throw errors.podUnavailable(memory.pod, `${what}: ${messageOf(error)}`);
  }
}

/** How long changes that no answer shows may go unseen: new indexes, growth, matches of filters. */
const rememberedMs = 10_000;
const collectionsMax = 10_000;

export interface KnownRow extends CollectionRow {
  readonly rowsEstimate: number | null;
  readonly pages: number | null;
}

const keyOf = ({ bucket, collection }: CollectionRef): string => `${bucket}\0${collection}`;

/** Refuses a table that is not as its mapping says: what else could be meant is not guessed at. */
export function toKnown(row: KnownRow, served: Served): Known {
  if (row.problem !== null) {
    throw errors.badRequest(
      'collection',
      `The table of collection "${row.collection}" must fit its mapping in the configuration of pod "${served.pod}": ${row.problem}.`,
    );
  }
  const collection = toServed(row, served);
  return {
    collection,
    table: tableOf(row, collection, served),
    ownerOf: createOwnerOf(collection.placement.slots, levelOf(collection.placement)),
    indexes: toIndexes(row.indexes ?? []),
    rowsEstimate: row.rowsEstimate ?? 0,
    sample: samplePlaces(row.rowsEstimate ?? 0, row.pages ?? 0),
    choices: new Map(),
    statements: new Map(),
  };
}

function tableOf(row: KnownRow, collection: Collection, { catalogue }: Served): Table {
  const { pgvector } = catalogue;
  if (!isFound(collection.placement)) {
    return createTable(vecsMapping(row), row, { pgvector, standing: placedStanding });
  }
  const mapping = settingOf(catalogue, row)?.mapping ?? vecsMapping(row);
  return createTable(mapping, row, { pgvector, standing: foundStanding(catalogue) });
}

const unlessDropped = (known: Known | null): Known | undefined =>
  known && !isDropped(known) ? known : undefined;

const isDropped = ({ collection }: Known): boolean => collection.placement.state === 'dropped';

/** No such table, or no such schema. */
const goneStates: ReadonlySet<string> = new Set(['42P01', '3F000']);

/** Another dimension, another element type (no operator, or no single best one), or no such column. */
const otherTableStates: ReadonlySet<string> = new Set(['22000', '42883', '42725', '42703']);

const isGone = (error: unknown): boolean => goneStates.has(sqlStateOf(error) ?? '');

const showsOtherTable = (error: unknown): boolean => otherTableStates.has(sqlStateOf(error) ?? '');

const showsOutdated = (error: unknown): boolean =>
  isStalePlacement(error) ||
  codeOf(error) === 'DIMENSION_MISMATCH' ||
  codeOf(error) === 'COLLECTION_NOT_FOUND' ||
  isGone(error) ||
  showsOtherTable(error);
