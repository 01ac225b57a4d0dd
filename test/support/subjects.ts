import { graphql } from 'graphql';
import { createRemoteStore } from '../../gateway/remote-store.ts';
import { startGateway } from '../../gateway/server.ts';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import type { NamedStore } from '../../gateway/sharded/pods.ts';
import { defaultLimits, type Limits } from '../../schema/limits.ts';
import { startCall } from '../../subgraphs/call.ts';
import { createEmbedders } from '../../subgraphs/embedders/embedders.ts';
import type { Running } from '../../subgraphs/http.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../subgraphs/postgres/postgres-store.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import {
  buildVectorsSchema,
  createVectorsContext,
  type VectorsService,
} from '../../subgraphs/vectors.ts';
import type { Answer, Subject, Variables } from '../conformance/subject.ts';
import { freshBucket, testDatabases, type TestDatabase } from './databases.ts';

/** A store over a part of the test's pods. */
export interface OpenStore {
  readonly store: VectorStore;
  readonly pods: readonly string[];
  /** The names of the shards, where pods are gateways. */
  readonly shards?: readonly string[];
  close(): Promise<void>;
}

/** A database remembers whose pod it is: always these names, in this order. */
export const podNames = ['pod-a', 'pod-b', 'pod-c'] as const;

/** As everywhere, but patient: a machine that runs all tests at once is slow. */
const limits: Limits = { ...defaultLimits, timeoutMsDefault: 20_000 };

/** The first pod's database. */
export async function openOne(): Promise<OpenStore> {
  return only(await openDatabases());
}

/** The databases of all three pods, as one store. */
export async function openSharded(databases = testDatabases()): Promise<OpenStore> {
  return sharded(await openDatabases(databases));
}

/** The first pod, over HTTP. */
export async function openRemote(): Promise<OpenStore> {
  return only(await openPods());
}

/** All three pods, over HTTP, as one store. */
async function openShardedRemote(): Promise<OpenStore> {
  return sharded(await openPods());
}

/** The `vectors` subgraph over a store, executed in this process. */
export async function openSubgraph(open: () => Promise<OpenStore>): Promise<Subject> {
  const opened = await open();
  const { store, pods, shards = pods } = opened;
  const schema = buildVectorsSchema();
  const service = serviceOver(store);

  const execute = async (source: string, variableValues: Variables = {}): Promise<Answer> => {
    const call = startCall({ timeoutMs: limits.timeoutMsMax, requestId: 'test' });
    const contextValue = createVectorsContext(service, call);
    const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
    call.end();
    const formatted = errors?.map((error) => error.toJSON());
    return { data: plain(data ?? null), ...(formatted ? { errors: formatted } : {}) };
  };
  return inFreshBucket({ execute, pods, shards, close: () => opened.close() });
}

/** The gateway over three pods, by `POST /graphql`, or `/subgraph`. */
export async function openGateway(path: '/graphql' | '/subgraph'): Promise<Subject> {
  const gateway = await openGatewayServer();

  const execute = async (query: string, variables: Variables = {}): Promise<Answer> => {
    const response = await fetch(new URL(path, gateway.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const answer: Answer = JSON.parse(await response.text());
    return answer;
  };
  const { pods } = gateway;
  return inFreshBucket({ execute, pods, shards: pods, close: () => gateway.close() });
}

/** The gateway over three pods, all of them HTTP servers. */
export async function openGatewayServer(): Promise<OpenStore & { readonly url: string }> {
  const opened = await openShardedRemote();
  const gateway = await serveGateway(opened.store);
  return {
    ...opened,
    url: gateway.url,
    async close() {
      await gateway.close();
      await opened.close();
    },
  };
}

const serveGateway = (store: VectorStore): Promise<Running> =>
  startGateway({
    service: serviceOver(store),
    subgraphs: [],
    host: '127.0.0.1',
    port: 0,
    example: { query: '{ vectorPods { name } }', variables: {} },
    logger,
  });

/** A gateway over two gateways: east over the last database, west over the others. */
export async function openTree(databases = testDatabases()): Promise<OpenStore> {
  const [a, b, c] = await openDatabases(databases);
  const [east, west] = await Promise.all([openRegion('east', [c!]), openRegion('west', [a!, b!])]);
  return { ...sharded([east, west]), shards: [...east.shards, ...west.shards] };
}

/** A gateway that is to be a pod of a larger one, which reaches it by `store`. */
export interface Region extends OpenPod {
  /** Of its subgraph. */
  readonly url: string;
  /** What its own clients see. */
  readonly inner: VectorStore;
  readonly shards: readonly string[];
}

export async function openRegion(name: string, pods: readonly NamedStore[]): Promise<Region> {
  const inner = createShardedStore({ pods, logger });
  const server = await serveGateway(inner);
  const url = `${server.url}/subgraph`;
  return {
    name,
    store: createRemoteStore({ pod: name, url, connectionsMax: 16, logger }),
    url,
    inner,
    shards: pods.map((pod) => `${name}/${pod.name}`),
    async close() {
      await server.close();
      await inner.close();
    },
  };
}

interface OpenPod {
  readonly name: string;
  readonly store: VectorStore;
  /** Close what is behind the store. */
  close(): Promise<void>;
}

const openDatabases = (databases: readonly TestDatabase[] = testDatabases()): Promise<OpenPod[]> =>
  Promise.all(
    databases.map(async (options, i) => {
      const pod = podNames[i]!;
      const database = openDatabase({ ...options, pod, logger });
      const store = await openPostgresStore({ database, pod, limits, logger });
      return { name: pod, store, close: async () => {} };
    }),
  );

/** Each database behind a pod's HTTP server. */
async function openPods(): Promise<OpenPod[]> {
  const databases = await openDatabases();
  return Promise.all(
    databases.map(async ({ name, store: inner }) => {
      const service = serviceOver(inner);
      const server = await startPod({ service, pod: name, host: '127.0.0.1', port: 0, logger });
      const store = createRemoteStore({ pod: name, url: server.url, connectionsMax: 16, logger });
      const close = async (): Promise<void> => {
        await server.close();
        await inner.close();
      };
      return { name, store, close };
    }),
  );
}

/** The first of them; the others are not needed. */
async function only([first, ...others]: readonly OpenPod[]): Promise<OpenStore> {
  await Promise.all(others.map((pod) => closeAll(pod.store, [pod])));
  const { store, name } = first!;
  return { store, pods: [name], close: () => closeAll(store, [first!]) };
}

function sharded(pods: readonly OpenPod[]): OpenStore {
  const store = createShardedStore({ pods, logger });
  return { store, pods: pods.map((pod) => pod.name), close: () => closeAll(store, pods) };
}

async function closeAll(store: VectorStore, pods: readonly OpenPod[]): Promise<void> {
  await store.close();
  await Promise.all(pods.map((pod) => pod.close()));
}

export const serviceOver = (store: VectorStore): VectorsService => ({
  store,
  limits,
  embedders: createEmbedders({ embedders: [], collections: [], fallback: 'hash', logger }),
  minCoverage: 1,
  logger,
});

/** What nobody expected is worth reading; the rest is part of the tests. */
const logger: Logger = {
  info() {},
  warn() {},
  error: (details, message) => console.error(message, details),
};

/** As a client would see it: graphql-js makes objects without a prototype. */
const plain = <T>(data: T): T => JSON.parse(JSON.stringify(data));

/** The subject in a bucket of its own, which goes with it. */
async function inFreshBucket(opened: Omit<Subject, 'bucket'>): Promise<Subject> {
  const bucket = freshBucket();
  const create = `mutation ($bucket: String!) { createVectorBucket(name: $bucket) { bucket { name } } }`;
  await opened.execute(create, { bucket });
  return {
    ...opened,
    bucket,
    async close() {
      await empty(opened, bucket);
      await opened.close();
    },
  };
}

async function empty({ execute }: Pick<Subject, 'execute'>, bucket: string): Promise<void> {
  const list = `query ($bucket: String!) { vectorCollections(bucket: $bucket, first: 1000) { nodes { name } } }`;
  const drop = `mutation ($bucket: String!, $name: String!) {
    deleteVectorCollection(bucket: $bucket, name: $name) { deleted }
  }`;
  const { data } = await execute(list, { bucket });
  const listing = data as { vectorCollections: { nodes: { name: string }[] } } | null;
  for (const { name } of listing?.vectorCollections.nodes ?? []) {
    await execute(drop, { bucket, name });
  }
  await execute('mutation ($bucket: String!) { deleteVectorBucket(name: $bucket) { deleted } }', {
    bucket,
  });
}
