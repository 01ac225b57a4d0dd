import { randomUUID } from 'node:crypto';
import { errors } from '../../schema/errors.ts';
import { slotCount } from '../../schema/key.ts';
import { membersOf, type Placement } from '../../schema/placement.ts';
import type { Call } from '../call.ts';
import { checkPods, requireSame } from '../collections.ts';
import type {
  Collection,
  CollectionPage,
  CollectionRef,
  CollectionSpec,
  CollectionsQuery,
} from '../store.ts';
import type { Context } from './context.ts';
import { sqlStateOf } from './database-errors.ts';
import type { Query } from './database.ts';
import { toCollection, type PlacementRow } from './rows.ts';
import { keepBucketStatement } from './sql/buckets.ts';
import {
  activateStatement,
  createTableStatement,
  dropPlacementStatement,
  dropTableStatement,
  insertPlacementStatement,
  listPlacementsStatement,
  nameLockStatement,
  placementStatement,
} from './sql/placements.ts';

export interface Creation {
  readonly collection: Collection;
  readonly created: boolean;
}

export async function describeCollection(
  { memory }: Context,
  ref: CollectionRef,
  call: Call,
  { fresh }: { fresh: boolean },
): Promise<Collection | null> {
  const known = (fresh ? undefined : memory.peek(ref)) ?? (await memory.read(ref, call));
  return known?.collection ?? null;
}

export async function listCollections(
  { database, pod }: Context,
  query: CollectionsQuery,
  call: Call,
): Promise<CollectionPage> {
  const rows = await database.query<PlacementRow>(listPlacementsStatement(query), call);
  return {
    collections: rows.slice(0, query.limit).map(toCollection),
    hasMore: rows.length > query.limit,
    pods: [{ pod, error: null }],
  };
}

/** All in one transaction, and one at a time for a name: of two racing creations one wins. */
export async function createCollection(
  context: Context,
  spec: CollectionSpec,
  placement: Placement | null,
  call: Call,
): Promise<Creation> {
  try {
    return await context.database.transaction(async (query) => {
      const there = await lockName(query, spec);
      if (!placement) return createWhole(query, spec, there, context.pod);
      return placement.state === 'active'
        ? activate(query, spec, placement, there)
        : createPart(query, spec, placement, there);
    }, call);
  } catch (error) {
    if (sqlStateOf(error) !== DUPLICATE_TABLE) throw error;
    throw errors.collectionExists(spec.bucket, spec.collection, 'a table that Quiver did not make');
  } finally {
    context.memory.forget(spec);
  }
}

export async function deleteCollection(
  { database, memory }: Context,
  ref: CollectionRef,
  placement: Placement | null,
  call: Call,
): Promise<boolean> {
  try {
    return await database.transaction(async (query) => {
      const there = await lockName(query, ref);
      if (!there || there.placement.state === 'dropped') return false;
      if (placement && placement.uid !== there.placement.uid) return false;
      if (!placement) requireWhole(there);
      // The table first: writers hold it before they reach the row, so the other way is a deadlock.
      await query(dropTableStatement(ref));
      const version = Math.max(there.placement.version + 1, placement?.version ?? 0);
      await query(dropPlacementStatement(ref, version));
      return true;
    }, call);
  } finally {
    memory.forget(ref);
  }
}

/** One pod's word would end a collection on all: its gateways take a tombstone for the truth. */
function requireWhole({ collection, placement }: Collection): void {
  const pods = membersOf(placement);
  if (pods.length === 1) return;
  throw errors.badRequest(
    'name',
    `name must be a collection of this pod alone; "${collection}" is spread over ${pods.join(', ')}. Delete it through a gateway.`,
  );
}

const DUPLICATE_TABLE = '42P07';

async function lockName(query: Query, ref: CollectionRef): Promise<Collection | null> {
  await query(nameLockStatement(ref));
  const [row] = await query<PlacementRow>(placementStatement(ref));
  return row ? toCollection(row) : null;
}

/** A collection of this pod alone. */
async function createWhole(
  query: Query,
  spec: CollectionSpec,
  there: Collection | null,
  pod: string,
): Promise<Creation> {
  checkPods(spec.pods, [pod]);
  if (there && there.placement.state !== 'dropped') {
    return { collection: requireSame(spec, there), created: false };
  }
  if (spec.pods && spec.pods.join() !== pod) {
    throw errors.badInput('input.pods', `this pod alone, "${pod}"`, spec.pods);
  }
  const collection = await make(query, spec, there, {
    uid: randomUUID(),
    version: (there?.placement.version ?? 0) + 1,
    state: 'active',
    slots: { [pod]: [[0, slotCount - 1]] },
  });
  return { collection, created: true };
}

/** This pod's part of a creation over several. What is newer than the creation stays as it is. */
async function createPart(
  query: Query,
  spec: CollectionSpec,
  placement: Placement,
  there: Collection | null,
): Promise<Creation> {
  // What is in use goes only by its own deletion: its creation may have ended a moment ago.
  const stays =
    there !== null &&
    (there.placement.uid === placement.uid ||
      there.placement.state === 'active' ||
      there.placement.version >= placement.version);
  const collection = stays ? there : await make(query, spec, there, placement);
  return { collection, created: false };
}

async function activate(
  query: Query,
  ref: CollectionRef,
  { uid }: Placement,
  there: Collection | null,
): Promise<Creation> {
  if (!there) throw errors.collectionNotFound(ref.bucket, ref.collection);
  const [row] = await query<PlacementRow>(activateStatement(ref, uid));
  return { collection: row ? toCollection(row) : there, created: row !== undefined };
}

/** The table and the row; what was `there` under the name makes room. */
async function make(
  query: Query,
  spec: CollectionSpec,
  there: Collection | null,
  placement: Placement,
): Promise<Collection> {
  const [bucket] = await query(keepBucketStatement(spec.bucket));
  if (!bucket) {
    throw errors.badRequest(
      'input.bucket',
      `input.bucket must be a bucket that is there; "${spec.bucket}" is not: create it first.`,
    );
  }
  if (there && there.placement.state !== 'dropped') await query(dropTableStatement(spec));
  await query(createTableStatement(spec));
  const [row] = await query<PlacementRow>(insertPlacementStatement(spec, placement));
  return toCollection(row!);
}
