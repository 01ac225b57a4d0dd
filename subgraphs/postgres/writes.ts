import { codeOf, errors } from '../../schema/errors.ts';
import { compareBytes } from '../../schema/key.ts';
import { membersOf } from '../../schema/placement.ts';
import type { Call } from '../call.ts';
import type { CollectionRef, DeleteWrite, MetadataWrite, UpsertWrite } from '../store.ts';
import { splitMetadata } from './columns.ts';
import type { Context } from './context.ts';
import { messageOf, sqlStateOf } from './database-errors.ts';
import type { Statement } from './database.ts';
import { isIdText } from './ids.ts';
import { withKnown, type Known } from './known.ts';
import {
  deleteStatement,
  updateMetadataStatement,
  upsertStatement,
  type Fence,
  type MetadataRow,
  type PlacedRecord,
  type WriteRow,
} from './sql/writes.ts';

export async function upsert(context: Context, write: UpsertWrite, call: Call): Promise<number> {
  const row = await fencedWrite<WriteRow>(context, write, call, (known, fence) => {
    checkOwner(context, known, write, {
      keys: write.records.map(({ key }) => key),
      argument: (i) => `records[${i}].key`,
    });
    checkDimensions(known, write);
    const records = placeRecords(known, write);
    return upsertStatement(known.table, fence, records, context.catalogue.vectorOid);
  });
  return row.written;
}

export async function updateMetadata(
  context: Context,
  write: MetadataWrite,
  call: Call,
): Promise<number> {
  const { metadataBytesMax: bytesMax, metadataFilterableBytesMax: filterableBytesMax } =
    context.limits;
  const row = await fencedWrite<MetadataRow>(context, write, call, (known, fence) => {
    checkOwner(context, known, write, { keys: write.keys, argument: (i) => `keys[${i}]` });
    requireUnique(known);
    const set = splitMetadata(known.table.mapping, write.set, 'set');
    const { nonFilterableKeys } = known.collection;
    const limits = { bytesMax, filterableBytesMax, nonFilterableKeys };
    return updateMetadataStatement(known.table, fence, { ...write, set }, limits);
  });
  if (!row.tooLarge) return row.written;
  const { key, bytes, filterableBytes, whole } = row.tooLarge;
  throw whole
    ? errors.limitExceeded('set', `bytes in the metadata of record "${key}"`, bytesMax, bytes)
    : errors.limitExceeded(
        'set',
        `bytes in the filterable metadata of record "${key}"`,
        filterableBytesMax,
        filterableBytes,
      );
}

export async function deleteRecords(
  context: Context,
  write: DeleteWrite,
  call: Call,
): Promise<number> {
  const { target } = write;
  const row = await fencedWrite<WriteRow>(context, write, call, (known, fence) => {
    if ('keys' in target) {
      checkOwner(context, known, write, { keys: target.keys, argument: (i) => `keys[${i}]` });
    }
    return deleteStatement(known.table, fence, target);
  });
  return row.written;
}

interface FencedWrite extends CollectionRef {
  readonly version: number | null;
}

/** Nothing is written unless the placement is still the one that the write was checked against. */
async function fencedWrite<Row extends WriteRow>(
  { database, memory, compactor, pod }: Context,
  write: FencedWrite,
  call: Call,
  prepare: (known: Known, fence: Fence) => Statement,
): Promise<Row> {
  const stale = (): Error => errors.stalePlacement(pod, write.collection);
  try {
    return await withKnown(memory, write, call, async (known) => {
      const { version } = known.collection.placement;
      if (write.version !== null && write.version !== version) throw stale();
      const { bucket, collection } = write;
      const statement = prepare(known, { bucket, collection, version });
      const [row] = await database.query<Row>(statement, call);
      if (!row || row.fenced === 0) throw stale();
      compactor.written(known.table.name);
      return row;
    });
  } catch (error) {
    const reason = refusalOf(error, write);
    if (reason) throw reason;
    // Whoever acts on a version saw the collection somewhere: it must look again, not give up.
    throw write.version !== null && codeOf(error) === 'COLLECTION_NOT_FOUND' ? stale() : error;
  }
}

/** Refuses keys whose slot is another pod's: here nobody would ever find them. */
function checkOwner(
  { pod }: Context,
  { ownerOf, collection }: Known,
  { version }: FencedWrite,
  { keys, argument }: { keys: readonly string[]; argument: (i: number) => string },
): void {
  const [first, ...others] = membersOf(collection.placement);
  if (first === pod && others.length === 0) return;
  const foreign = keys.findIndex((key) => ownerOf(key) !== pod);
  if (foreign === -1) return;
  if (version !== null) throw errors.stalePlacement(pod, collection.collection);
  throw errors.keyElsewhere(argument(foreign), pod, ownerOf(keys[foreign]!));
}

/** By the columns of the table and in the order of keys. */
function placeRecords(known: Known, { records }: UpsertWrite): PlacedRecord[] {
  requireUnique(known);
  const { idType, mapping } = known.table;
  const placed = records.map(({ key, vector, metadata }, i): PlacedRecord => {
    if (!isIdText(idType, key)) {
      throw errors.badInput(`records[${i}].key`, `the text of an id of type ${idType}`, key);
    }
    return { key, vector, ...splitMetadata(mapping, metadata, `records[${i}].metadata`) };
  });
  return placed.sort((a, b) => compareBytes(a.key, b.key));
}

/** Of two rows of one id the one would get what is the other's. */
function requireUnique({ collection, table: { idUnique, mapping } }: Known): void {
  if (idUnique) return;
  throw errors.badRequest(
    'collection',
    `collection must have a unique index on "${mapping.id}", over all rows, to replace or change records; the table of "${collection.collection}" has none.`,
  );
}

/** Tables that are not ours have types, constraints and triggers of their own. */
function refusalOf(error: unknown, { collection }: FencedWrite): Error | undefined {
  const state = sqlStateOf(error);
  if (state === undefined || !/^(?:22(?!000)|23|428C9|P0001)/.test(state)) return undefined;
  return errors.badRequest(
    'collection',
    `The table of "${collection}" must take what is written; it refuses: ${messageOf(error)}.`,
  );
}

function checkDimensions({ collection }: Known, { records }: UpsertWrite): void {
  const { dimension } = collection;
  const wrong = records.findIndex(({ vector }) => vector.length !== dimension);
  if (wrong === -1) return;
  throw errors.dimensionMismatch(
    `records[${wrong}].vector`,
    collection.collection,
    dimension,
    records[wrong]!.vector.length,
  );
}
