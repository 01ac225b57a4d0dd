import type { Call } from '../call.ts';
import { codeOf, errors } from '../../schema/errors.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context } from './context.ts';
import { sqlStateOf } from './database-errors.ts';
import type { Database, Query } from './database.ts';
import { createChangesStatement, forgetGoneStatement } from './sql/changes-setup.ts';
import { createPgvector } from './sql/pgvector.ts';
import {
  bindPodStatement,
  createExtensionStatement,
  createTablesStatement,
  extendPlacementStatement,
  podNameStatement,
  presenceStatement,
  setupLockStatement,
} from './sql/setup.ts';

/**
 * Makes what Quiver needs in a database, if it is missing, and binds the database to the pod's
 * name. A role that may not create anything gets nothing made: what others made can be served
 * without. Can be run again, also by several processes at once.
 */
export function prepareDatabase(
  database: Database,
  pod: string,
  call: Call,
): Promise<Omit<Catalogue, 'collections'>> {
  return database.transaction(async (query) => {
    await query(setupLockStatement);
    await ensureExtension(query);
    const there = await readablePresence(query);
    const { ready, canCreate, vectorSchema, vectorOid, efSearch } = there;
    if (!ready && canCreate) await query(createTablesStatement);
    if (ready) await ensurePlacement(query, there);
    const prepared = ready || canCreate;
    if (prepared) await bindPod(query, pod, { canBind: canCreate });
    const counting = prepared && (await ensureCounting(query, there));
    return { pgvector: createPgvector(vectorSchema), vectorOid, efSearch, prepared, counting };
  }, call);
}

/** The name of the pod that the database is, or null when it is none yet. */
export function readPodName(database: Database, call: Call): Promise<string | null> {
  return database.transaction(async (query) => {
    if (!(await readablePresence(query)).ready) return null;
    const [bound] = await query<{ name: string }>(podNameStatement);
    return bound?.name ?? null;
  }, call);
}

/** Collections and buckets are only made where Quiver's own tables tell of them. */
export function requirePrepared({ catalogue, pod }: Pick<Context, 'catalogue' | 'pod'>): void {
  if (catalogue.prepared) return;
  throw errors.forbidden(pod, "Quiver's own tables are not there and its role may not make them");
}

interface Presence {
  readonly ready: boolean;
  /** Placements have all columns. */
  readonly current: boolean;
  readonly canExtendPlacement: boolean;
  readonly canPlace: boolean;
  readonly counting: boolean;
  readonly canCreate: boolean;
  /** In the schema of our tables, if that is there. */
  readonly canExtend: boolean;
  readonly canForget: boolean;
  /** The tables of ours that the role may not read. */
  readonly unreadable: string | null;
  /** In SQL. */
  readonly role: string;
  readonly encoding: string;
  readonly extensionVersion: string | null;
  readonly vectorSchema: string;
  readonly vectorOid: number;
  readonly efSearch: number;
}

async function presence(query: Query): Promise<Presence> {
  const [row] = await query<Presence>(presenceStatement);
  return row!;
}

/** Where Quiver's tables are, all depends on what they say: made for everybody to read. */
async function readablePresence(query: Query): Promise<Presence> {
  const found = await presence(query);
  requireUtf8(found);
  if (!found.ready || found.unreadable === null) return found;
  const { role, unreadable } = found;
  throw new Error(
    `The role ${role} must be able to read the schema quiver; it may not read ${unreadable}. Run "grant usage on schema quiver to ${role}; grant select on all tables in schema quiver to ${role}".`,
  );
}

/** In another encoding a key has other bytes, so another md5, and another pod than gateways think. */
function requireUtf8({ encoding }: Presence): void {
  if (encoding === 'UTF8') return;
  throw new Error(
    `The database must have the encoding UTF8; it has ${encoding}. Make another with "create database ... encoding 'UTF8' template template0".`,
  );
}

/** Those of older versions get what it takes; who may only read can do without. */
async function ensurePlacement(
  query: Query,
  { current, canExtendPlacement, canPlace, role }: Presence,
): Promise<void> {
  if (current) return;
  if (canExtendPlacement) await query(extendPlacementStatement);
  else if (canPlace) {
    throw new Error(
      `The table quiver.placement must be of this version; it is older, and the role ${role} may not extend it. Start Quiver once as the table's owner.`,
    );
  }
}

/** Whether writes can be counted: databases of older versions get what it takes when they can. */
async function ensureCounting(
  query: Query,
  { counting, canCreate, canExtend, canForget }: Presence,
): Promise<boolean> {
  const possible = canCreate && canExtend;
  if (!counting && possible) await query(createChangesStatement);
  if (counting && canCreate && canForget) await query(forgetGoneStatement);
  return counting || possible;
}

async function ensureExtension(query: Query): Promise<void> {
  if ((await presence(query)).extensionVersion === null) await createExtension(query);
  const { extensionVersion } = await presence(query);
  const [major = 0, minor = 0] = (extensionVersion ?? '').split('.').map(Number);
  if (major === 0 && minor < 8) {
    throw new Error(
      `pgvector must be 0.8 or newer; this database has ${extensionVersion}. Install a newer one and run "alter extension vector update".`,
    );
  }
}

async function createExtension(query: Query): Promise<void> {
  try {
    await query(createExtensionStatement);
  } catch (error) {
    const why = sqlStateOf(error) ?? codeOf(error);
    if (why === undefined || why === 'POD_UNAVAILABLE') throw error;
    throw new Error(
      `pgvector must be in this database; it is not, and could not be created (${why}). Install pgvector on the server and run "create extension vector" as a superuser.`,
      { cause: error },
    );
  }
}

/** A role that only reads leaves a database without a name without one. */
async function bindPod(
  query: Query,
  pod: string,
  { canBind }: { readonly canBind: boolean },
): Promise<void> {
  const [bound] = await query<{ name: string }>(podNameStatement);
  const name = bound?.name ?? (canBind ? await bindNow(query, pod) : pod);
  if (name === pod) return;
  throw new Error(
    `This database is pod "${name}"; it cannot serve as pod "${pod}". Give this pod its name, or check whether the URLs of two pods were swapped or one database was given twice.`,
  );
}

async function bindNow(query: Query, pod: string): Promise<string | undefined> {
  const [bound] = await query<{ name: string }>(bindPodStatement(pod));
  return bound?.name;
}
