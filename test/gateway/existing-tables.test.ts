import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../gateway/config.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { createRemoteStore } from '../../gateway/remote-store.ts';
import type { Running } from '../../subgraphs/http.ts';
import { freshBucket, onReal, testDatabases } from '../support/databases.ts';
import {
  documentsSql,
  runSql,
  vecsIndexSql,
  vecsTableSql,
  vecsUpsertSql,
} from '../support/foreign-tables.ts';
import { runQuiver } from '../support/run-quiver.ts';
import { during, silent } from '../support/store-calls.ts';

const schema = freshBucket();
const documents = `
collections:
  - { name: notes, bucket: ${schema} }
  - name: docs
    bucket: ${schema}
    pods: [pod-b]
    table: ${schema}.documents
    vector: embedding
    metadata: metadata
    columns: [content]
`;

const folder = mkdtempSync(join(tmpdir(), 'quiver-existing-'));
let children: ChildProcess[] = [];
let gateway: Running | null = null;

afterEach(async () => {
  await gateway?.close();
  for (const child of children) child.kill('SIGKILL');
  gateway = null;
  children = [];
  for (const i of [0, 1]) await runSql([`drop schema if exists ${schema} cascade`], i);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A table of vecs on the first pod's database, a table of documents on the second's. */
async function makeTables(): Promise<void> {
  await runSql([
    ...vecsTableSql(schema, 'notes', 2),
    vecsIndexSql(schema, 'notes'),
    vecsUpsertSql(schema, 'notes', `('a', '[1,0]', '{"n": 1}'), ('b', '[0,1]', '{"n": 2}')`),
  ]);
  await runSql(
    [
      ...documentsSql(schema),
      `insert into ${schema}.documents (content, metadata, embedding) values
         ('one', '{"lang": "en"}', '[1,0,0]'), ('two', null, '[0,1,0]')`,
    ],
    1,
  );
}

async function ask(url: string, query: string, variables: object = {}): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { bucket: schema, ...variables } }),
  });
  return response.json();
}

const searchDocument = /* GraphQL */ `
  query ($bucket: String, $collection: String!, $vector: Vector, $filter: VectorFilter) {
    searchVectors(
      bucket: $bucket
      collection: $collection
      near: { vector: $vector }
      filter: $filter
    ) {
      metric
      coverage {
        fraction
      }
      matches {
        record {
          key
          metadata
        }
      }
    }
  }
`;

onReal(
  'a gateway over three pods serves a table of vecs on one and documents on another',
  async () => {
    await makeTables();
    const urls = testDatabases().map(({ url }) => url);
    const pods = urls.map((url, i) => `  - { name: pod-${'abc'[i]}, database: "${url}" }`);
    const config = parseConfig(`port: 0\npods:\n${pods.join('\n')}${documents}`, {});
    const example = { query: '{ vectorPods { name } }', variables: {} };
    gateway = await openGateway({
      config,
      example,
      logger: silent,
      mustBeUp: true,
      onProgress() {},
      prepare: async () => {},
    });
    const url = `${gateway.url}/graphql`;

    const listing = `query ($bucket: String) { vectorCollections(bucket: $bucket) {
    nodes { name dimension metric createdAt count shards { pod slotCount } indexes { method metric } } } }`;
    expect(await ask(url, listing)).toEqual({
      data: {
        vectorCollections: {
          nodes: [
            {
              name: 'docs',
              dimension: 3,
              metric: 'COSINE',
              createdAt: null,
              count: 2,
              shards: [{ pod: 'pod-b', slotCount: 1_024 }],
              indexes: [],
            },
            {
              name: 'notes',
              dimension: 2,
              metric: 'COSINE',
              createdAt: null,
              count: 2,
              shards: [{ pod: 'pod-a', slotCount: 1_024 }],
              indexes: [{ method: 'HNSW', metric: 'COSINE' }],
            },
          ],
        },
      },
    });

    const docs = { collection: 'docs', vector: [1, 0, 0], filter: { content: 'two' } };
    expect(await ask(url, searchDocument, docs)).toMatchObject({
      data: {
        searchVectors: {
          coverage: { fraction: 1 },
          matches: [{ record: { key: '2', metadata: { content: 'two' } } }],
        },
      },
    });

    const write = `mutation ($bucket: String, $collection: String!, $records: [VectorRecordInput!]!) {
    upsertVectors(bucket: $bucket, collection: $collection, records: $records) { upsertedCount } }`;
    const both = [
      { collection: 'notes', records: [{ key: 'c', vector: [1, 1], metadata: { n: 3 } }] },
      {
        collection: 'docs',
        records: [{ key: '3', vector: [0, 0, 1], metadata: { content: 'three' } }],
      },
    ];
    for (const one of both) {
      expect(await ask(url, write, one)).toEqual({ data: { upsertVectors: { upsertedCount: 1 } } });
    }
    expect(await runSql([`select id from ${schema}.notes order by id`])).toHaveLength(3);
    expect(await runSql([`select content from ${schema}.documents where id = 3`], 1)).toEqual([
      { content: 'three' },
    ]);
  },
);

onReal('a pod reads the collections of the same file', async () => {
  await makeTables();
  const file = join(folder, 'quiver.yaml');
  // The passwords of other pods are none of its business.
  writeFileSync(file, `pods: [{ name: pod-a, database: "\${NOWHERE}" }]${documents}`);

  const url = await startPod('pod-b', testDatabases()[1]!.url, file);

  const docs = { collection: 'docs', vector: [1, 0, 0], filter: { lang: 'en' } };
  expect(await ask(url, searchDocument, docs)).toMatchObject({
    data: { searchVectors: { matches: [{ record: { key: '1' } }] } },
  });
});

onReal('a record without a vector is read through a pod as through a database', async () => {
  await makeTables();
  await runSql([`update ${schema}.documents set embedding = null where content = 'two'`], 1);
  const file = join(folder, 'remote.yaml');
  writeFileSync(file, documents);
  const url = await startPod('pod-b', testDatabases()[1]!.url, file);
  const store = createRemoteStore({ pod: 'pod-b', url, connectionsMax: 2, logger: silent });
  const query = {
    bucket: schema,
    collection: 'docs',
    select: { metadata: 'none', vector: true } as const,
  };
  const segment = { index: 0, of: 1 };

  const fetched = await during((call) => store.fetch({ ...query, keys: ['2', '1'] }, call));
  const scanned = await during((call) =>
    store.scan({ ...query, filter: null, limit: 9, orderBy: [], after: null, segment }, call),
  );
  await store.close();

  const records = [{ key: '1', vector: Float32Array.of(1, 0, 0) }, { key: '2' }];
  expect(scanned.records).toMatchObject(records);
  expect(scanned.records[1]!.vector).toBeUndefined();
  expect(fetched).toEqual(records.toReversed());
});

onReal('a record without a vector is exported as one', async () => {
  await makeTables();
  await runSql([`update ${schema}.documents set embedding = null where content = 'two'`], 1);
  const file = join(folder, 'export.yaml');
  const pods = `pods: [{ name: pod-b, database: "${testDatabases()[1]!.url}" }]`;
  writeFileSync(file, pods + documents);

  const { code, stdout } = await runQuiver(['export', '--config', file, ...ofDocs]);

  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual([
    '{"key":"1","vector":[1,0,0],"metadata":{"lang":"en","content":"one"}}',
    '{"key":"2","vector":null,"metadata":{"content":"two"}}',
  ]);
});

const ofDocs = ['--bucket', schema, '--collection', 'docs'];

/** `quiver pod`, once it serves. */
async function startPod(name: string, database: string, config: string): Promise<string> {
  const main = join(process.cwd(), 'dist/gateway/cli/main.js');
  const args = ['pod', '--port', '0', '--name', name, '--database', database, '--config', config];
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let log = '';
  child.stderr.on('data', (chunk) => (log += String(chunk)));
  while (!log.includes('pod serves')) {
    const [event] = await Promise.race([
      once(child.stderr, 'data').then(() => ['data']),
      once(child, 'exit').then(() => ['exit']),
    ]);
    if (event === 'exit') throw new Error(`it ended: ${log}`);
  }
  const line = log.split('\n').find((one) => one.includes('pod serves'))!;
  return (JSON.parse(line) as { readonly url: string }).url;
}
