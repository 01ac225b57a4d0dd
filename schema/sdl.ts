/** The directives of federation that the contract itself uses. */
export const federationImports = ['@key', '@shareable', '@tag', '@inaccessible'] as const;

export const federationLink = (imports: readonly string[]): string => `
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports.map((name) => `"${name}"`).join(', ')}])
`;

/** What the result of a search says beside its matches. */
export const searchResultFields = `  "There are more matches behind these, as far as the shards can tell."
  hasMore: Boolean!
  metric: VectorMetric!
  coverage: VectorCoverage!
  cache: VectorCacheStatus!
  "One row a shard that was asked."
  profile: [VectorShardProfile!]! @tag(name: "admin")
  tookMs: Float!`;

/**
 * The public contract of the `vectors` subgraph. Gateways and pods serve the same one; only what
 * stands behind it differs. Everything carries "Vector" in its name, since it lives in supergraphs
 * beside other people's types. An argument given as null means its default. Root fields, and
 * whatever needs another pod, are nullable: one failure costs only its own place.
 */
export const contract = `
"A vector. Input: a list of finite numbers, or base64 of little-endian float32. Output: a list of numbers."
scalar Vector
"A filter on metadata: a JSON object, or the same as a JSON string, which can be written inline in a query."
scalar VectorFilter
"Any JSON value."
scalar JSON

enum VectorMetric { COSINE L2 INNER_PRODUCT L1 }
enum VectorElementType { FLOAT32 FLOAT16 }
enum VectorIndexMethod { HNSW IVFFLAT }
enum VectorIndexState { BUILDING READY INVALID }
"AUTO lets each shard choose between its index and an exact scan."
enum VectorSearchMode { AUTO INDEX EXACT }
"What a shard did."
enum VectorPlan { EXACT HNSW IVFFLAT }
"Why a shard scanned exactly: it was asked to, has no finished index of the metric, has few records, or few that match, or its index gave fewer records than there are."
enum VectorExactReason { ASKED NO_INDEX SMALL_TABLE FEW_MATCHES INDEX_FELL_SHORT }
enum VectorOrderType { TEXT NUMBER BOOLEAN }
enum VectorOrderDirection { ASC DESC }
enum VectorCacheOutcome { HIT MISS COALESCED BYPASS }

type Query {
  "The k records nearest to \`near\`, nearest first; equal distances are ordered by key, byte by byte."
  searchVectors(
    collection: String!
    bucket: String = "vecs"
    near: VectorNear!
    k: Int = 10
    offset: Int = 0
    filter: VectorFilter
    "Leave out matches farther than this. Applied after the merge."
    maxDistance: Float
    options: VectorSearchOptions
  ): VectorSearchResult
  "null, without an error, when there is no such record."
  vectorRecord(collection: String!, bucket: String = "vecs", key: ID!): VectorRecord
  "In the order asked; null where there is no such record."
  vectorRecords(collection: String!, bucket: String = "vecs", keys: [ID!]!): [VectorRecord]
  "Every record, by keyset, in key order (bytes) or in \`orderBy\`; records that are equal in it are in key order. Segments split a collection into disjoint parts that can be scanned side by side."
  scanVectors(collection: String!, bucket: String = "vecs", filter: VectorFilter, first: Int = 100, after: String, segment: VectorSegment, orderBy: [VectorOrder!]): VectorRecordConnection
  "A whole number."
  countVectors(collection: String!, bucket: String = "vecs", filter: VectorFilter): Float
  "null, without an error, when there is no such collection."
  vectorCollection(name: String!, bucket: String = "vecs"): VectorCollection
  "Of one bucket or of all, ordered by bucket and name (bytes)."
  vectorCollections(bucket: String, prefix: String, first: Int = 100, after: String): VectorCollectionConnection
  "Namespaces of collections; \`vecs\` is always there."
  vectorBuckets(prefix: String): [VectorBucket!]
  "The databases behind this graph, and whether they answer now."
  vectorPods: [VectorPod!] @tag(name: "admin")
  "The hot cache of this server; null, without an error, when it has none."
  vectorCache: VectorCache @tag(name: "admin")
  "Between gateways and pods only, as all that is @inaccessible: stores ask each other for JSON."
  searchVectorShards(search: JSON!): JSON @inaccessible
  scanVectorShard(scan: JSON!): JSON @inaccessible
  vectorPlacement(collection: String!, bucket: String = "vecs"): JSON @inaccessible
  vectorCollectionRows(bucket: String, prefix: String, first: Int = 100, after: JSON): JSON @inaccessible
  inspectVectorCollections(refs: JSON!, what: JSON!): JSON @inaccessible
  vectorPodReports: JSON @inaccessible
  vectorChanges(refs: JSON!): JSON @inaccessible
}

type Mutation {
  "Insert or replace whole records. All are checked before any is written; each pod writes its part in one transaction."
  upsertVectors(collection: String!, bucket: String = "vecs", records: [VectorRecordInput!]!, version: Int @inaccessible): UpsertVectorsPayload
  "Set and remove single metadata keys; the vector stays. Keys without a record are left out of the count."
  updateVectorMetadata(collection: String!, bucket: String = "vecs", keys: [ID!]!, set: JSON, unset: [String!], version: Int @inaccessible, dryRun: Boolean @inaccessible): UpdateVectorMetadataPayload
  "Exactly one of keys and filter. An empty filter is refused. A filter needs every shard: nothing is deleted when one is known to be down."
  deleteVectors(collection: String!, bucket: String = "vecs", keys: [ID!], filter: VectorFilter, version: Int @inaccessible): DeleteVectorsPayload
  createVectorBucket(name: String!): CreateVectorBucketPayload @tag(name: "admin")
  "Refused while the bucket holds a collection."
  deleteVectorBucket(name: String!): DeleteVectorBucketPayload @tag(name: "admin")
  createVectorCollection(input: CreateVectorCollectionInput!, placement: JSON @inaccessible): CreateVectorCollectionPayload @tag(name: "admin")
  deleteVectorCollection(name: String!, bucket: String = "vecs", placement: JSON @inaccessible): DeleteVectorCollectionPayload @tag(name: "admin")
  "Builds on all shards side by side, without blocking writes. Waits for \`waitMs\` at most, then answers with what there is."
  createVectorIndex(input: CreateVectorIndexInput!): CreateVectorIndexPayload @tag(name: "admin")
  dropVectorIndex(collection: String!, bucket: String = "vecs", method: VectorIndexMethod!, metric: VectorMetric): DropVectorIndexPayload @tag(name: "admin")
  "What the hot cache has of the collection now is served no more, by any server that shares it."
  clearVectorCache(collection: String!, bucket: String = "vecs"): ClearVectorCachePayload @tag(name: "admin")
  watchVectorCollection(collection: String!, bucket: String = "vecs", on: Boolean!): Boolean @inaccessible
}

"Exactly one of the fields."
input VectorNear {
  vector: Vector
  "Search by the vector of a stored record, which is itself left out of the matches."
  key: ID
  "Search by the embedding of this text; the collection needs an embedder in the configuration."
  text: String
}

input VectorSearchOptions {
  "The collection's own metric when left out."
  metric: VectorMetric
  mode: VectorSearchMode = AUTO
  "hnsw.ef_search, 1 to 1000."
  efSearch: Int
  "ivfflat.probes."
  probes: Int
  "Refuse an answer in which a smaller share of the shards took part. The server's default when left out."
  minCoverage: Float
  timeoutMs: Int
  "false: neither read nor fill the hot cache."
  cache: Boolean = true
}

input VectorSegment { index: Int! of: Int! }

"By the metadata at one key: texts byte by byte, numbers by their size, false before true. What is missing, null or of another type comes last, in both directions."
input VectorOrder { key: String! type: VectorOrderType = TEXT direction: VectorOrderDirection = ASC }

"Absent metadata is {}."
input VectorRecordInput { key: ID! vector: Vector! metadata: JSON }

input CreateVectorCollectionInput {
  name: String!
  bucket: String = "vecs"
  dimension: Int!
  metric: VectorMetric = COSINE
  elementType: VectorElementType = FLOAT32
  "Metadata keys that can be returned but never filtered on."
  nonFilterableKeys: [String!]
  "The pods that share it, by name; every pod when left out. One name puts the whole collection on one pod."
  pods: [String!]
  "Return the collection that is there, when it has this dimension, metric and element type; an error when it has not."
  ifNotExists: Boolean = false
}

input CreateVectorIndexInput {
  collection: String!
  bucket: String = "vecs"
  method: VectorIndexMethod = HNSW
  metric: VectorMetric
  m: Int
  efConstruction: Int
  lists: Int
  "What the build may use of each pod's memory, such as 2GB; the database's own setting when left out."
  maintenanceWorkMem: String
  "Keep the index that is there; an error when it differs from an option that is given."
  ifNotExists: Boolean = true
  waitMs: Int = 30000
}

type VectorSearchResult {
  matches: [VectorMatch!]!
${searchResultFields}
}

type VectorMatch {
  "Smaller is nearer, as pgvector gives it: INNER_PRODUCT is negated, L2 is the true distance. Always finite: rows without a finite distance are not matches."
  distance: Float!
  "Larger is nearer: COSINE 1 - distance, INNER_PRODUCT -distance, L2 and L1 1 / (1 + distance)."
  score: Float!
  record: VectorRecord
}

"A record is named by bucket, collection and key. It has no field \`id\`: client caches would take records of two collections for one."
type VectorRecord @key(fields: "bucket collection key") {
  bucket: String!
  collection: String!
  key: ID!
  vector: Vector
  "The same, as base64 of little-endian float32."
  vectorBase64: String
  metadata(keys: [String!]): JSON
  similar(k: Int = 10, filter: VectorFilter, options: VectorSearchOptions): VectorSearchResult
}

type VectorCoverage { fraction: Float! shardCount: Int! answeredCount: Int! failures: [VectorShardFailure!]! }
type VectorShardFailure { pod: String! code: String! "Says nothing of hosts, users or statements." message: String! }
type VectorCacheStatus { outcome: VectorCacheOutcome! ageMs: Float }
type VectorShardProfile { pod: String! plan: VectorPlan! tookMs: Float! rowCount: Int! "Why it scanned exactly; null when its index answered." exactReason: VectorExactReason "The shard may hold nearer rows than it could give." truncated: Boolean! attempts: Int! hedged: Boolean! }

type VectorBucket @key(fields: "name") { name: String! collectionCount: Int createdAt: String }

type VectorCollection @key(fields: "bucket name") {
  bucket: String!
  name: String!
  dimension: Int!
  metric: VectorMetric!
  elementType: VectorElementType!
  nonFilterableKeys: [String!]!
  "ISO 8601; null for a table that Quiver did not make."
  createdAt: String
  "A whole number."
  count: Float
  indexes: [VectorIndex!]
  shards: [VectorShard!]
  "Between gateways and pods only."
  placement: JSON @inaccessible
}

type VectorShard { pod: String! "How many of the 1024 hash slots it holds; null when the placement is not by hash." slotCount: Int count: Float bytes: Float @tag(name: "admin") }
type VectorIndex { method: VectorIndexMethod! metric: VectorMetric! options: JSON "The worst of its shards." state: VectorIndexState! shards: [VectorIndexShard!] }
type VectorIndexShard { pod: String! name: String! state: VectorIndexState! "While it is being built." percent: Float bytes: Float }

type VectorPod { name: String! healthy: Boolean! postgres: String pgvector: String collectionCount: Int replicas: [VectorReplica!] }
type VectorReplica { name: String! role: String healthy: Boolean! lagMs: Float p95Ms: Float }

"Of this server, since it started. How searches were answered, and of those that were seen often enough what was kept and what could not be."
type VectorCache {
  hits: Float!
  misses: Float!
  coalesced: Float!
  bypassed: Float!
  admitted: Float!
  refused: Float!
  "In memory, as the bytes are."
  entries: Int!
  bytes: Float!
  bytesMax: Float!
  "null when it is not used."
  redis: VectorCacheRedis
}
type VectorCacheRedis { requests: Float! "Those that did not go well, or were not made as the ones before had not." failures: Float! "It did badly and is left alone for a moment." resting: Boolean! }

type VectorRecordConnection { edges: [VectorRecordEdge!]! nodes: [VectorRecord]! pageInfo: PageInfo! }
type VectorRecordEdge { cursor: String! node: VectorRecord }
type VectorCollectionConnection {
  edges: [VectorCollectionEdge!]!
  nodes: [VectorCollection]!
  pageInfo: PageInfo!
  "Which pods took part: what only the others hold is missing from the list."
  coverage: VectorCoverage!
}
type VectorCollectionEdge { cursor: String! node: VectorCollection }
type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }

type UpsertVectorsPayload { upsertedCount: Int! }
type UpdateVectorMetadataPayload { updatedCount: Int! }
type DeleteVectorsPayload { deletedCount: Float! }
type CreateVectorBucketPayload { bucket: VectorBucket }
type DeleteVectorBucketPayload { deleted: Boolean! }
type CreateVectorCollectionPayload { collection: VectorCollection "false when it was there already (ifNotExists)." created: Boolean! }
type DeleteVectorCollectionPayload { "false when there was none." deleted: Boolean! }
type ClearVectorCachePayload { "false when this server has no cache." cleared: Boolean! }
type CreateVectorIndexPayload { index: VectorIndex }
type DropVectorIndexPayload { dropped: Boolean! }
`;

/** The contract as a subgraph. */
export const typeDefs = `${federationLink(federationImports)}${contract}`;
