import { codeOf, errors } from '../../schema/errors.ts';
import { compareBytes, slotOf } from '../../schema/key.ts';
import type { Call } from '../call.ts';
import type { CollectionRef, DeleteWrite, MetadataWrite, UpsertWrite } from '../store.ts';
import type { Context } from './context.ts';
import type { Statement } from './database.ts';
import { withKnown, type Known } from './known.ts';
import {
  deleteStatement,
  updateMetadataStatement,
  upsertStatement,
  type Fence,
  type MetadataRow,
  type WriteRow,
} from './sql/writes.ts';

export async function upsert(context: Context, write: UpsertWrite, call: Call): Promise<number> {
  const records = [...write.records].sort((a, b) => compareBytes(a.key, b.key));
  const row = await fencedWrite<WriteRow>(context, write, call, (known, fence) => {
    checkOwner(context, known, write, {
      keys: write.records.map(({ key }) => key),
      argument: (i) => `records[${i}].key`,
    });
    checkDimensions(known, write);
    return upsertStatement(known.table, fence, records, context.vectorOid);
  });
  return row.written;
}

export async function updateMetadata(
  context: Context,
  write: MetadataWrite,
  call: Call,
): Promise<number> {
  const bytesMax = context.limits.metadataBytesMax;
  const row = await fencedWrite<MetadataRow>(context, write, call, (known, fence) => {
    checkOwner(context, known, write, { keys: write.keys, argument: (i) => `keys[${i}]` });
    return updateMetadataStatement(known.table, fence, write, bytesMax);
  });
  if (!row.tooLarge) return row.written;
  const { key, bytes } = row.tooLarge;
  throw errors.limitExceeded('set', `bytes in the metadata of record "${key}"`, bytesMax, bytes);
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
  { database, memory, pod }: Context,
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
      return row;
    });
  } catch (error) {
    // Whoever acts on a version saw the collection somewhere: it must look again, not give up.
    throw write.version !== null && codeOf(error) === 'COLLECTION_NOT_FOUND' ? stale() : error;
  }
}

/** Refuses keys whose slot is another pod's: here nobody would ever find them. */
function checkOwner(
  { pod }: Context,
  { owners, collection }: Known,
  { version }: FencedWrite,
  { keys, argument }: { keys: readonly string[]; argument: (i: number) => string },
): void {
  if (Object.keys(collection.placement.slots).length === 1 && owners[0] === pod) return;
  const foreign = keys.findIndex((key) => owners[slotOf(key)] !== pod);
  if (foreign === -1) return;
  if (version !== null) throw errors.stalePlacement(pod, collection.collection);
  const owner = owners[slotOf(keys[foreign]!)];
  throw errors.badRequest(
    argument(foreign),
    `${argument(foreign)} must be a key that pod "${pod}" holds; it belongs to pod "${owner}".`,
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
