import type { Call } from '../call.ts';
import { sqlStateOf } from './database-errors.ts';
import type { Database, Query } from './database.ts';
import {
  bindPodStatement,
  createExtensionStatement,
  createTablesStatement,
  podNameStatement,
  presenceStatement,
  setupLockStatement,
} from './sql/setup.ts';

/**
 * Makes what Quiver needs in a database, if it is missing, and binds the database to the pod's
 * name. Can be run again, also by several processes at once.
 */
export function prepareDatabase(
  database: Database,
  pod: string,
  call: Call,
): Promise<{ vectorOid: number }> {
  return database.transaction(async (query) => {
    await query(setupLockStatement);
    await ensureExtension(query);
    const { ready, vectorOid } = await presence(query);
    if (!ready) await query(createTablesStatement);
    await bindPod(query, pod);
    return { vectorOid };
  }, call);
}

/** The name of the pod that the database is, or null when it is none yet. */
export function readPodName(database: Database, call: Call): Promise<string | null> {
  return database.transaction(async (query) => {
    if (!(await presence(query)).ready) return null;
    const [bound] = await query<{ name: string }>(podNameStatement);
    return bound?.name ?? null;
  }, call);
}

interface Presence {
  readonly ready: boolean;
  readonly extensionVersion: string | null;
  readonly vectorOid: number;
}

async function presence(query: Query): Promise<Presence> {
  const [row] = await query<Presence>(presenceStatement);
  return row!;
}

async function ensureExtension(query: Query): Promise<void> {
  if ((await presence(query)).extensionVersion === null) await createExtension(query);
  const { extensionVersion, vectorOid } = await presence(query);
  const [major = 0, minor = 0] = (extensionVersion ?? '').split('.').map(Number);
  if (major === 0 && minor < 8) {
    throw new Error(
      `pgvector must be 0.8 or newer; this database has ${extensionVersion}. Install a newer one and run "alter extension vector update".`,
    );
  }
  if (!vectorOid) {
    throw new Error(
      'The type "vector" must be found through the search_path; the extension is in a schema that is not on it. Run "alter role ... set search_path" to add it.',
    );
  }
}

async function createExtension(query: Query): Promise<void> {
  try {
    await query(createExtensionStatement);
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === undefined) throw error;
    throw new Error(
      `pgvector must be in this database; it is not, and could not be created (${state}). Install pgvector on the server and run "create extension vector" as a superuser.`,
      { cause: error },
    );
  }
}

async function bindPod(query: Query, pod: string): Promise<void> {
  const [bound] = await query<{ name: string }>(bindPodStatement(pod));
  if (bound?.name === pod) return;
  throw new Error(
    `This database is pod "${bound?.name}"; it cannot serve as pod "${pod}". Give this pod its name, or check whether the URLs of two pods were swapped or one database was given twice.`,
  );
}
