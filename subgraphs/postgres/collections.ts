import { randomUUID } from 'node:crypto';
import { errors } from '../../schema/errors.ts';
import { slotCount } from '../../schema/key.ts';
import { isFound, membersOf, outermostMembers, type Placement } from '../../schema/placement.ts';
import type { Call } from '../call.ts';
import { checkPods, requireSame } from '../collections.ts';
import type {
  Collection,
  CollectionPage,
  CollectionRef,
  CollectionSpec,
  CollectionsQuery,
} from '../store.ts';
import { settingOf } from './catalogue.ts';
import type { Context } from './context.ts';
import { sqlStateOf } from './database-errors.ts';
import type { Query } from './database.ts';
import { toKnown, type KnownRow } from './known.ts';
import { requirePrepared } from './prepare.ts';
import { toCollection, toServed, type CollectionRow, type PlacementRow } from './rows.ts';
import { keepBucketStatement } from './sql/buckets.ts';
import { watchStatement } from './sql/changes.ts';
import { tableOf } from './sql/identifier.ts';
import {
  activateStatement,
  createTableStatement,
  dropPlacementStatement,
  dropTableStatement,
  insertPlacementStatement,
  knownStatement,
  listCollectionsStatement,
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
  const recalled = fresh ? undefined : memory.recall(ref, call);
  const known = (recalled && (await recalled)) ?? (await memory.read(ref, call));
  return known?.collection ?? null;
}

export async function listCollections(
  { database, pod, catalogue }: Context,
  query: CollectionsQuery,
  call: Call,
): Promise<CollectionPage> {
  const statement = listCollectionsStatement(catalogue, query);
  const rows = await database.query<CollectionRow>(statement, call);
  return {
    collections: rows.slice(0, query.limit).map((row) => toServed(row, { pod, catalogue })),
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
  requirePrepared(context);
  try {
    return await context.database.transaction(async (query) => {
      const there = await lockName(query, spec);
      // What is placed hides a table of its name.
      const placed = there !== null && there.placement.state !== 'dropped';
      const found = placed ? null : await findTable(context, query, spec);
      if (found && !placement) return { collection: requireAlike(spec, found), created: false };
      if (found) throw errors.collectionExists(spec.bucket, spec.collection, notOurs);
      requireUnmapped(context, spec);
      if (!placement) return createWhole(context, query, spec, there);
      return placement.state === 'active'
        ? activate(query, spec, placement, there)
        : createPart(context, query, spec, placement, there);
    }, call);
  } catch (error) {
    if (sqlStateOf(error) !== DUPLICATE_TABLE) throw error;
    throw errors.collectionExists(spec.bucket, spec.collection, notOurs);
  } finally {
    context.memory.forget(spec);
  }
}

export async function deleteCollection(
  context: Context,
  ref: CollectionRef,
  placement: Placement | null,
  call: Call,
): Promise<boolean> {
  const { database, catalogue, memory } = context;
  try {
    return await database.transaction(async (query) => {
      const there = catalogue.prepared ? await lockName(query, ref) : null;
      if (!there || there.placement.state === 'dropped') {
        return dropFound(context, query, ref, placement);
      }
      if (placement && placement.uid !== there.placement.uid) return false;
      if (!placement) requireWhole(there);
      // The table first: writers hold it before they reach the row, so the other way is a deadlock.
      await query(dropTableStatement(ref));
      const version = Math.max(there.placement.version + 1, placement?.version ?? 0);
      await query(dropPlacementStatement(ref, version));
      return true;
    }, call);
  } catch (error) {
    if (sqlStateOf(error) !== DEPENDENT_OBJECTS) throw error;
    throw errors.badRequest(
      'name',
      `name must be a collection that nothing else in the database depends on; views or keys depend on the table of "${ref.collection}".`,
    );
  } finally {
    memory.forget(ref);
  }
}

/** The collection of this name whose table Quiver did not make, if there is one. */
async function findTable(
  { catalogue, pod }: Context,
  query: Query,
  ref: CollectionRef,
): Promise<Collection | null> {
  const [row] = await query<KnownRow>(knownStatement(catalogue, ref));
  const known = row && toKnown(row, { pod, catalogue });
  return known && isFound(known.collection.placement) ? known.collection : null;
}

/** It leaves no tombstone: no placement of it was ever anywhere. */
async function dropFound(
  context: Context,
  query: Query,
  ref: CollectionRef,
  placement: Placement | null,
): Promise<boolean> {
  if (placement && !isFound(placement)) return false;
  if (!(await findTable(context, query, ref))) return false;
  if (settingOf(context.catalogue, ref)?.mapping) {
    throw errors.badRequest(
      'name',
      `name must be a collection whose table is as vecs makes them; that of "${ref.collection}" is mapped in the configuration: it is for its owner to drop.`,
    );
  }
  await query(dropTableStatement(ref));
  return true;
}

/** It would stand before the table that somebody means, which may only be misspelt or not there yet. */
function requireUnmapped({ catalogue, pod }: Context, spec: CollectionSpec): void {
  const mapping = settingOf(catalogue, spec)?.mapping;
  if (!mapping) return;
  const { schema, table } = mapping;
  throw errors.badRequest(
    'name',
    `name must be one that the configuration does not map; "${spec.collection}" is mapped to ${schema}.${table}, which pod "${pod}" does not have.`,
  );
}

/** A table that was there has the metric that somebody searches it by: it need not be the asked one. */
const requireAlike = (spec: CollectionSpec, found: Collection): Collection =>
  requireSame({ ...spec, metric: found.metric }, found);

const notOurs = 'a table that Quiver did not make';

/** One pod's word would end a collection on all: its gateways take a tombstone for the truth. */
function requireWhole({ collection, placement }: Collection): void {
  if (membersOf(placement).length === 1 && !placement.above) return;
  throw errors.collectionShared(collection, outermostMembers(placement));
}

const DUPLICATE_TABLE = '42P07';
const DEPENDENT_OBJECTS = '2BP01';

async function lockName(query: Query, ref: CollectionRef): Promise<Collection | null> {
  await query(nameLockStatement(ref));
  const [row] = await query<PlacementRow>(placementStatement(ref));
  return row ? toCollection(row) : null;
}

/** A collection of this pod alone. */
async function createWhole(
  context: Context,
  query: Query,
  spec: CollectionSpec,
  there: Collection | null,
): Promise<Creation> {
  const { pod } = context;
  checkPods(spec.pods, [pod]);
  if (there && there.placement.state !== 'dropped') {
    return { collection: requireSame(spec, there), created: false };
  }
  if (spec.pods && spec.pods.join() !== pod) {
    throw errors.badInput('input.pods', `this pod alone, "${pod}"`, spec.pods);
  }
  const collection = await make(context, query, spec, there, {
    uid: randomUUID(),
    version: (there?.placement.version ?? 0) + 1,
    state: 'active',
    slots: { [pod]: [[0, slotCount - 1]] },
  });
  return { collection, created: true };
}

/** This pod's part of a creation over several. What is newer than the creation stays as it is. */
async function createPart(
  context: Context,
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
  const collection = stays ? there : await make(context, query, spec, there, placement);
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

/** Of very old ones nobody can come back any more. */
const endedMax = 100;

/** null after one of an older version, which may have been the last of many. */
function endedBy(before: Placement | undefined): Pick<Placement, 'ended'> {
  if (!before) return { ended: [] };
  const isFirst = before.version === (before.state === 'dropped' ? 2 : 1);
  if (!before.ended && !isFirst) return {};
  return { ended: [...(before.ended ?? []), before.uid].slice(-endedMax) };
}

/** The table and the row; what was `there` under the name makes room. */
async function make(
  { catalogue }: Context,
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
  await query(createTableStatement(spec, catalogue));
  if (catalogue.counting) await query(watchStatement(tableOf(spec)));
  const { ended: _, ...asked } = placement;
  const placed = { ...asked, ...endedBy(there?.placement) };
  const [row] = await query<PlacementRow>(insertPlacementStatement(spec, placed));
  return toCollection(row!);
}
