import { filterToJson } from '../schema/filter-json.ts';
import type { Filter } from '../schema/filter.ts';
import { defaultLimits } from '../schema/limits.ts';
import { vectorToBase64 } from '../schema/vector.ts';
import { toCursor } from '../subgraphs/arguments.ts';
import type { Call } from '../subgraphs/call.ts';
import type { Logger } from '../subgraphs/logger.ts';
import { stepsOf } from '../subgraphs/scan-order.ts';
import { scanToWire } from '../subgraphs/scan-wire.ts';
import { searchToWire } from '../subgraphs/search-wire.ts';
import type {
  CollectionPage,
  CollectionRef,
  CollectionsQuery,
  SearchQuery,
  Selection,
  VectorStore,
} from '../subgraphs/store.ts';
import { createClient, type Client } from './remote/client.ts';
import { documents, requestBody } from './remote/documents.ts';
import { anyObject, boolean, list, nullable, number, object } from './remote/reader.ts';
import * as read from './remote/readers.ts';
import { reports } from './remote/reports.ts';
import { createTransport } from './remote/transport.ts';

/**
 * Another `vectors` subgraph over HTTP, one request an operation. `pod` is the name it must have;
 * `url` its GraphQL endpoint, by default at /graphql.
 */
export function createRemoteStore(options: {
  readonly pod: string;
  /** Take whatever answers at `url`: `pod` is then only what errors call it. */
  readonly anyPod?: boolean;
  readonly url: string;
  readonly connectionsMax: number;
  readonly waitingMax?: number;
  readonly answerBytesMax?: number;
  readonly logger: Logger;
  /** Shared by the stores that are searched together. */
  readonly bodies?: SearchBodies;
}): VectorStore {
  const { pod, logger, bodies = new WeakMap() } = options;
  const { poolWaitingMax: waitingMax, answerBytesMax } = defaultLimits;
  const transport = createTransport({ waitingMax, answerBytesMax, ...options });
  const client = createClient({ pod, transport, logger });
  return {
    ...reads(client),
    search: (query, call) =>
      client.send(documents.search, bodyOf(query, bodies), read.searchAnswer, call),
    ...writes(client),
    ...collections(client),
    ...buckets(client),
    pods: (call) => client.ask(documents.pods, {}, list(read.pod), call),
    report: (call) => client.ask(documents.report, {}, reports, call),
    close: () => transport.close(),
  };
}

/** A search goes to all pods in the same words, which are written once. */
export type SearchBodies = WeakMap<SearchQuery, string>;

function bodyOf(query: SearchQuery, bodies: SearchBodies): string {
  const body = bodies.get(query) ?? requestBody(documents.search, { search: searchToWire(query) });
  bodies.set(query, body);
  return body;
}

const reads = ({
  ask,
  askEach,
}: Client): Pick<VectorStore, 'describe' | 'fetch' | 'scan' | 'count'> => ({
  describe: ({ bucket, collection }, call) =>
    ask(documents.describe, { bucket, collection }, nullable(read.collectionRow), call),

  fetch: ({ select, ...query }, call) =>
    askEach(
      documents.fetch,
      { ...query, ...selected(select) },
      query.keys.map((key) => nullable(read.recordOf(key))),
      call,
    ),

  scan(query, call) {
    const reader = read.scanPage(stepsOf(query.orderBy).values.length);
    return ask(documents.scan, { scan: scanToWire(query) }, reader, call);
  },

  count: ({ filter, ...ref }, call) =>
    ask(documents.count, { ...ref, filter: filterOf(filter) }, number, call),
});

const writes = ({ ask }: Client): Pick<VectorStore, 'upsert' | 'updateMetadata' | 'delete'> => ({
  async upsert(write, call) {
    const records = write.records.map(({ vector, ...record }) => ({
      ...record,
      vector: vectorToBase64(vector),
    }));
    const reader = object({ upsertedCount: number });
    return (await ask(documents.upsert, { ...write, records }, reader, call)).upsertedCount;
  },

  async updateMetadata(write, call) {
    const reader = object({ updatedCount: number });
    return (await ask(documents.updateMetadata, write, reader, call)).updatedCount;
  },

  async delete({ target, ...write }, call) {
    const keyed = 'keys' in target ? target : { filter: filterOf(target.filter) };
    const reader = object({ deletedCount: number });
    return (await ask(documents.delete, { ...write, ...keyed }, reader, call)).deletedCount;
  },
});

type Collections = Pick<
  VectorStore,
  | 'listCollections'
  | 'inspect'
  | 'changes'
  | 'watch'
  | 'createCollection'
  | 'deleteCollection'
  | 'createIndex'
  | 'dropIndex'
>;

const collections = (client: Client): Collections => ({
  listCollections: (query, call) =>
    query.everyState ? listRows(client, query, call) : listNodes(client, query, call),

  inspect: (refs, what, call) =>
    client.ask(documents.inspect, { refs: refs.map(named), what }, read.inspections, call),

  changes: (refs, call) =>
    client.ask(documents.changes, { refs: refs.map(named) }, read.changes, call),

  async watch(ref, on, call) {
    await client.ask(documents.watch, { ...named(ref), on }, boolean, call);
  },

  createCollection({ collection, ...spec }, placement, call) {
    const variables = { input: { ...spec, name: collection }, placement };
    const reader = object({ collection: read.collectionNode, created: boolean });
    return client.ask(documents.createCollection, variables, reader, call);
  },

  async deleteCollection({ bucket, collection }, placement, call) {
    const variables = { bucket, collection, placement };
    const reader = object({ deleted: boolean });
    return (await client.ask(documents.deleteCollection, variables, reader, call)).deleted;
  },

  async createIndex(spec, call) {
    const input = { ...spec, waitMs: Math.floor(spec.waitMs) };
    await client.ask(documents.createIndex, { input }, anyObject, call);
  },

  async dropIndex(query, call) {
    const reader = object({ dropped: boolean });
    return (await client.ask(documents.dropIndex, query, reader, call)).dropped;
  },
});

const named = ({ bucket, collection }: CollectionRef) => ({ bucket, collection });

/** What is in use, as everybody sees it. */
async function listNodes(
  { ask }: Client,
  { bucket, prefix, limit, after }: CollectionsQuery,
  call: Call,
): Promise<CollectionPage> {
  const cursor = after && toCursor([after.bucket, after.collection]);
  const variables = { bucket, prefix, limit, after: cursor };
  const page = await ask(documents.listCollections, variables, read.collectionConnection, call);
  const { nodes, pageInfo, coverage } = page;
  return { collections: nodes, hasMore: pageInfo.hasNextPage, pods: coverage.failures };
}

/** Every row that the pod has, as gateways see it. */
const listRows = (
  { ask }: Client,
  { bucket, prefix, limit, after }: CollectionsQuery,
  call: Call,
): Promise<CollectionPage> => {
  const position = after && { bucket: after.bucket, collection: after.collection };
  const variables = { bucket, prefix, limit, after: position };
  return ask(documents.listRows, variables, read.collectionRows, call);
};

const buckets = ({
  ask,
}: Client): Pick<VectorStore, 'listBuckets' | 'createBucket' | 'deleteBucket'> => ({
  listBuckets: (prefix, call) => ask(documents.listBuckets, { prefix }, list(read.bucket), call),

  async createBucket(name, call) {
    const reader = object({ bucket: read.bucket });
    return (await ask(documents.createBucket, { name }, reader, call)).bucket;
  },

  async deleteBucket(name, call) {
    const reader = object({ deleted: boolean });
    return (await ask(documents.deleteBucket, { name }, reader, call)).deleted;
  },
});

const filterOf = (filter: Filter | null) => filter && filterToJson(filter);

const selected = ({ metadata, vector }: Selection) => ({
  metadata: metadata !== 'none',
  metadataKeys: typeof metadata === 'string' ? null : metadata,
  vector,
});
