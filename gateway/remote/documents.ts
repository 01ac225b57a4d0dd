import { searchDocument, searchField, searchOperation } from '../../subgraphs/search-wire.ts';

/**
 * What a gateway says to a pod. The texts never vary, so the other side parses and plans each once;
 * values travel as variables.
 */
export interface Document {
  /** Of the one root field. */
  readonly field: string;
  readonly text: string;
  /** A write that was sent and not answered may have happened. */
  readonly isWrite: boolean;
  /** By which a pod knows it before it reads it. */
  readonly operation?: string;
}

/** JSON. */
export const requestBody = ({ text }: Document, variables: object): string =>
  JSON.stringify({ query: text, variables });

const query = (field: string, text: string): Document => ({
  field,
  text: `query ${text}`,
  isWrite: false,
});

const mutation = (field: string, text: string): Document => ({
  field,
  text: `mutation ${text}`,
  isWrite: true,
});

const record = `key metadata(keys: $metadataKeys) @include(if: $metadata) vectorBase64 @include(if: $vector)`;
const selection = `$metadata: Boolean!, $metadataKeys: [String!], $vector: Boolean!`;
const collection = `bucket name dimension metric elementType nonFilterableKeys createdAt placement`;

export const documents = {
  search: {
    field: searchField,
    text: searchDocument,
    isWrite: false,
    operation: searchOperation,
  } satisfies Document,
  fetch: query(
    'vectorRecords',
    `Fetch($collection: String!, $bucket: String!, $keys: [ID!]!, ${selection}) {
  vectorRecords(collection: $collection, bucket: $bucket, keys: $keys) { ${record} }
}`,
  ),
  scan: query(
    'scanVectorShard',
    `Scan($scan: JSON!) {
  scanVectorShard(scan: $scan)
}`,
  ),
  count: query(
    'countVectors',
    `Count($collection: String!, $bucket: String!, $filter: VectorFilter) {
  countVectors(collection: $collection, bucket: $bucket, filter: $filter)
}`,
  ),
  describe: query(
    'vectorPlacement',
    `Describe($collection: String!, $bucket: String!) {
  vectorPlacement(collection: $collection, bucket: $bucket)
}`,
  ),
  listCollections: query(
    'vectorCollections',
    `ListCollections($bucket: String, $prefix: String!, $limit: Int!, $after: String) {
  vectorCollections(bucket: $bucket, prefix: $prefix, first: $limit, after: $after) {
    nodes { ${collection} }
    pageInfo { hasNextPage }
    coverage { failures { pod code message } }
  }
}`,
  ),
  listRows: query(
    'vectorCollectionRows',
    `ListRows($bucket: String, $prefix: String!, $limit: Int!, $after: JSON) {
  vectorCollectionRows(bucket: $bucket, prefix: $prefix, first: $limit, after: $after)
}`,
  ),
  inspect: query(
    'inspectVectorCollections',
    `Inspect($refs: JSON!, $what: JSON!) {
  inspectVectorCollections(refs: $refs, what: $what)
}`,
  ),
  changes: query(
    'vectorChanges',
    `Changes($refs: JSON!) {
  vectorChanges(refs: $refs)
}`,
  ),
  listBuckets: query(
    'vectorBuckets',
    `ListBuckets($prefix: String!) {
  vectorBuckets(prefix: $prefix) { name collectionCount createdAt }
}`,
  ),
  pods: query(
    'vectorPods',
    `Pods {
  vectorPods { name healthy postgres pgvector collectionCount }
}`,
  ),
  report: query(
    'vectorPodReports',
    `Report {
  vectorPodReports
}`,
  ),

  upsert: mutation(
    'upsertVectors',
    `Upsert($collection: String!, $bucket: String!, $records: [VectorRecordInput!]!, $version: Int) {
  upsertVectors(collection: $collection, bucket: $bucket, records: $records, version: $version) { upsertedCount }
}`,
  ),
  updateMetadata: mutation(
    'updateVectorMetadata',
    `UpdateMetadata($collection: String!, $bucket: String!, $keys: [ID!]!, $set: JSON, $unset: [String!], $version: Int, $dryRun: Boolean!) {
  updateVectorMetadata(collection: $collection, bucket: $bucket, keys: $keys, set: $set, unset: $unset, version: $version, dryRun: $dryRun) { updatedCount }
}`,
  ),
  delete: mutation(
    'deleteVectors',
    `Delete($collection: String!, $bucket: String!, $keys: [ID!], $filter: VectorFilter, $version: Int) {
  deleteVectors(collection: $collection, bucket: $bucket, keys: $keys, filter: $filter, version: $version) { deletedCount }
}`,
  ),
  createCollection: mutation(
    'createVectorCollection',
    `CreateCollection($input: CreateVectorCollectionInput!, $placement: JSON) {
  createVectorCollection(input: $input, placement: $placement) { created collection { ${collection} } }
}`,
  ),
  deleteCollection: mutation(
    'deleteVectorCollection',
    `DeleteCollection($collection: String!, $bucket: String!, $placement: JSON) {
  deleteVectorCollection(name: $collection, bucket: $bucket, placement: $placement) { deleted }
}`,
  ),
  createIndex: mutation(
    'createVectorIndex',
    `CreateIndex($input: CreateVectorIndexInput!) {
  createVectorIndex(input: $input) { index { state } }
}`,
  ),
  dropIndex: mutation(
    'dropVectorIndex',
    `DropIndex($collection: String!, $bucket: String!, $method: VectorIndexMethod!, $metric: VectorMetric) {
  dropVectorIndex(collection: $collection, bucket: $bucket, method: $method, metric: $metric) { dropped }
}`,
  ),
  watch: mutation(
    'watchVectorCollection',
    `Watch($collection: String!, $bucket: String!, $on: Boolean!) {
  watchVectorCollection(collection: $collection, bucket: $bucket, on: $on)
}`,
  ),
  createBucket: mutation(
    'createVectorBucket',
    `CreateBucket($name: String!) {
  createVectorBucket(name: $name) { bucket { name collectionCount createdAt } }
}`,
  ),
  deleteBucket: mutation(
    'deleteVectorBucket',
    `DeleteBucket($name: String!) {
  deleteVectorBucket(name: $name) { deleted }
}`,
  ),
};
