import { GraphQLError } from 'graphql';
import { isWrongPod } from '../schema/errors.ts';
import type { Limits } from '../schema/limits.ts';
import { startCall } from '../subgraphs/call.ts';
import { startEmbedded } from '../subgraphs/embedded/embedded.ts';
import type { Logger } from '../subgraphs/logger.ts';
import { openDatabase } from '../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../subgraphs/postgres/postgres-store.ts';
import { readPodName } from '../subgraphs/postgres/prepare.ts';
import type { VectorStore } from '../subgraphs/store.ts';
import type { CollectionConfig, PodConfig } from './config.ts';
import { createDelegate, openReconnectingStore, type Opened } from './reconnecting-store.ts';
import { createHomes } from './sharded/found.ts';
import { createRemoteStore, type SearchBodies } from './remote-store.ts';
import { createShardedStore } from './sharded-store.ts';

export interface TopologyOptions {
  readonly pods: readonly PodConfig[];
  readonly limits: Limits;
  readonly logger: Logger;
  readonly collections: readonly CollectionConfig[];
  /** Reject also while a pod is down. */
  readonly mustBeUp: boolean;
  /** For those who look after pods: one that cannot serve is a pod that tells everybody why. */
  readonly keepBroken?: boolean;
  /** What a person who waits may want to read. */
  readonly onProgress: (pod: string, message: string) => void;
}

/**
 * Open all pods, side by side, as one store. A pod that is down is tried again while the others
 * serve; one that can never serve, such as a database that is another pod, makes this reject.
 */
export async function openTopology(options: TopologyOptions): Promise<VectorStore> {
  const { pods, collections, logger, keepBroken = false } = options;
  const bodies: SearchBodies = new WeakMap();
  const opened = await Promise.allSettled(
    pods.map(async (pod) => ({
      name: pod.name,
      store: await openPod(pod, { ...options, bodies }).catch((error: unknown) => {
        if (keepBroken) return brokenStore(error, pod);
        throw error;
      }),
    })),
  );
  const shards = opened.flatMap((pod) => (pod.status === 'fulfilled' ? [pod.value] : []));
  const failures = opened.flatMap((pod, i) =>
    pod.status === 'rejected' ? [failureOf(pod.reason, pods[i])] : [],
  );
  if (failures.length === 0) {
    return createShardedStore({ pods: shards, logger, homeOf: createHomes(collections) });
  }

  await Promise.all(shards.map(({ store }) => store.close()));
  throw new Error(failures.join('\n'));
}

/** The store of one database that is served in this process. */
export async function openDatabaseStore(options: {
  readonly url: string;
  readonly pod: string;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly embedded?: boolean;
  /** Of the whole configuration: those of other pods are left out. */
  readonly collections?: readonly CollectionConfig[];
}): Promise<VectorStore> {
  const { url, pod, limits, logger, embedded = false } = options;
  const collections = (options.collections ?? []).filter(
    ({ pods }) => pods === null || pods.includes(pod),
  );
  const database = openDatabase({
    url,
    pod,
    logger,
    // An embedded database is a single session, which all its clients share.
    connectionsMax: embedded ? 1 : limits.poolConnectionsMax,
    waitingMax: limits.poolWaitingMax,
    named: !embedded,
    cancellable: !embedded,
  });
  try {
    return await openPostgresStore({ database, pod, limits, logger, collections });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The name that a database has as a pod, or null when it is none yet. */
export async function podNameOf(url: string, logger: Logger): Promise<string | null> {
  const database = openDatabase({
    url,
    pod: 'new',
    logger,
    connectionsMax: 1,
    named: false,
    cancellable: true,
  });
  const call = startCall({ timeoutMs: openMs, requestId: 'open' });
  try {
    return await readPodName(database, call);
  } finally {
    call.end();
    await database.close();
  }
}

/** For the person who starts us; errors of the API do not say where a database is. */
export function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'Its URL must be like postgres://user@host:5432/database.';
  const { host, pathname } = new URL(databaseUrl);
  return `Its database is at ${host}${pathname}.`;
}

const retryMs = 2_000;
const identityMs = 2_000;
const openMs = 10_000;

type PodOptions = TopologyOptions & { readonly bodies: SearchBodies };

async function openPod(pod: PodConfig, options: PodOptions): Promise<VectorStore> {
  const { limits, logger, collections, mustBeUp, onProgress } = options;
  const { name } = pod;
  if (pod.kind === 'url') return openRemote(name, pod.url, options);

  const shared = { limits, logger, collections };
  const beginning = Date.now();
  const open = async (): Promise<Opened> =>
    pod.kind === 'database'
      ? { store: await openDatabaseStore({ ...shared, url: pod.url, pod: name }) }
      : openEmbedded(name, pod.folder, options);
  const store = await openReconnectingStore({
    pod: name,
    open,
    mustBeUp,
    retryMs,
    logger,
  });
  onProgress(name, `opened in ${((Date.now() - beginning) / 1_000).toFixed(1)} s`);
  return store;
}

/** It may be down, but not another pod. */
async function openRemote(
  pod: string,
  url: string,
  { limits, logger, bodies }: PodOptions,
): Promise<VectorStore> {
  const store = createRemoteStore({
    pod,
    url,
    connectionsMax: limits.poolConnectionsMax,
    waitingMax: limits.poolWaitingMax,
    answerBytesMax: limits.answerBytesMax,
    logger,
    bodies,
  });
  const call = startCall({ timeoutMs: identityMs, requestId: 'start' });
  try {
    const rows = await store.pods(call);
    // A gateway has rows of its own pods, and no name but that in the placements of a larger one.
    const isGateway = rows.some(({ name }) => name !== pod);
    const all = { bucket: null, prefix: '', after: null, everyState: true };
    if (isGateway) await store.listCollections({ ...all, limit: limits.pageMax }, call);
  } catch (error) {
    if (isWrongPod(error)) {
      await store.close();
      throw new Error(`${messageOf(error)} Is ${url} the URL of another pod?`, { cause: error });
    }
  } finally {
    call.end();
  }
  return store;
}

/** The store closes the process that it started. */
async function openEmbedded(
  pod: string,
  folder: string,
  { limits, logger, collections, onProgress }: TopologyOptions,
): Promise<Opened> {
  const info = (_details: object, message: string): void => onProgress(pod, message);
  const process = await startEmbedded({ folder, logger: { ...logger, info } });
  try {
    const { url } = process;
    const shared = { limits, logger, collections };
    const store = await openDatabaseStore({ ...shared, url, pod, embedded: true });
    const close = async (): Promise<void> => {
      await store.close();
      await process.close();
    };
    return { store: { ...store, close }, lost: process.exited };
  } catch (error) {
    await process.close();
    throw error;
  }
}

/** Its error is that of its opening, with its code if it has one, and says where the pod would be. */
function brokenStore(error: unknown, pod: PodConfig): VectorStore {
  const why = failureOf(error, pod);
  const failure =
    error instanceof GraphQLError
      ? new GraphQLError(why, { extensions: error.extensions })
      : new Error(why);
  return createDelegate(
    () => {
      throw failure;
    },
    async () => {},
  );
}

function failureOf(error: unknown, pod: PodConfig | undefined): string {
  const message = messageOf(error);
  return pod?.kind === 'database' ? `${message} ${placeOf(pod.url)}` : message;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
