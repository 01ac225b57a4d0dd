import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { directScatter, foreignTables, gateway, tableName } from './contenders.ts';
import { measure, type Contender, type Measured } from './measure.ts';
import { startQuiver } from './process.ts';
import { createClusters } from './random.ts';
import { vectorToBase64 } from '../../schema/vector.ts';

const podNames = ['pod-a', 'pod-b', 'pod-c', 'pod-d'];
const collection = 'bench_search';
const bucket = 'vecs';
const dimension = 384;
const rowCount = Number(process.env['BENCH_ROWS'] ?? 100_000);
const truthCount = 100;

/**
 * Top-k over four pods: by hand, through postgres_fdw, and through Quiver with its pods in
 * processes of their own or in the gateway's. `servers` are PostgreSQL URLs that may create databases.
 */
export async function benchSearch(servers: readonly string[]): Promise<string> {
  const urls = await createDatabases(servers, [...podNames, 'fdw']);
  const podUrls = urls.slice(0, 4);
  const folder = await mkdtemp(join(tmpdir(), 'quiver-bench-'));
  const processes: { close(): Promise<void> }[] = [];
  const contenders: Contender[] = [];
  try {
    const [inProcess, remote] = await startGateways(podUrls, folder, processes);
    await fill(inProcess!);
    contenders.push(
      directScatter(podUrls, tableName(bucket, collection)),
      await foreignTables(urls[4]!, podUrls, { bucket, name: collection, dimension }),
      gateway('Quiver, remote pods', remote!, collection),
      gateway('Quiver, databases in-process', inProcess!, collection),
    );
    const queries = createQueries(200);
    const truth = await exactSearches(inProcess!, queries.slice(0, truthCount));
    const plan = { queries, truth, roundCount: 5, clientCount: 16, burstMs: 3_000 };
    return table(await measure(contenders, plan));
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await Promise.all(processes.map((running) => running.close()));
    await rm(folder, { recursive: true });
  }
}

export async function createDatabases(servers: readonly string[], names: readonly string[]) {
  const urls: string[] = [];
  for (const [i, name] of names.entries()) {
    const url = new URL(servers[i % servers.length]!);
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const database = `quiver_bench_${name.replace('-', '_')}`;
    await client.query(`drop database if exists ${database} with (force)`);
    await client.query(`create database ${database}`);
    await client.end();
    url.pathname = `/${database}`;
    urls.push(url.href);
  }
  return urls;
}

/** One gateway with the databases in its own process, one over four pods with a process each. */
async function startGateways(
  podUrls: readonly string[],
  folder: string,
  processes: { close(): Promise<void> }[],
): Promise<readonly string[]> {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const inProcess = podNames.map((name, i) => ({ name, database: podUrls[i] }));
  const remote = podNames.map((name, i) => ({ name, url: `${at(14_101 + i)}/graphql` }));

  for (const [i, name] of podNames.entries()) {
    const port = 14_101 + i;
    const args = ['pod', '--database', podUrls[i]!, '--name', name, '--port', String(port)];
    processes.push(await startQuiver(args, at(port)));
  }
  const gateways = [
    { port: 14_001, pods: inProcess },
    { port: 14_002, pods: remote },
  ];
  for (const { port, pods } of gateways) {
    const file = join(folder, `${port}.yaml`);
    await writeFile(file, JSON.stringify({ port, pods }));
    processes.push(await startQuiver(['gateway', '--config', file], at(port)));
  }
  return gateways.map(({ port }) => at(port));
}

const createPoints = () => createClusters({ seed: 1, clusterCount: 200, dimension, spread: 0.6 });

/** Points of the same clusters that come after those that are stored. */
function createQueries(count: number): Float32Array[] {
  const next = createPoints();
  for (let i = 0; i < rowCount; i++) next();
  return Array.from({ length: count }, next);
}

async function fill(url: string): Promise<void> {
  await ask(
    url,
    `mutation ($input: CreateVectorCollectionInput!) { createVectorCollection(input: $input) { created } }`,
    {
      input: { name: collection, dimension, metric: 'L2' },
    },
  );
  const next = createPoints();
  for (let from = 0; from < rowCount; from += 1_000) {
    const records = Array.from({ length: Math.min(1_000, rowCount - from) }, (_, i) => ({
      key: `key-${from + i}`,
      vector: vectorToBase64(next()),
    }));
    await ask(
      url,
      `mutation ($collection: String!, $records: [VectorRecordInput!]!) { upsertVectors(collection: $collection, records: $records) { upsertedCount } }`,
      {
        collection,
        records,
      },
    );
  }
  process.stderr.write(`${rowCount} records written; building the indexes\n`);
  await buildIndex(url);
}

async function buildIndex(url: string): Promise<void> {
  for (;;) {
    const data = await ask(
      url,
      `mutation ($input: CreateVectorIndexInput!) { createVectorIndex(input: $input) { index { state } } }`,
      {
        input: { collection, waitMs: 20_000 },
      },
    );
    if (JSON.stringify(data).includes('READY')) return;
  }
}

async function exactSearches(url: string, queries: readonly Float32Array[]) {
  const text = `query ($vector: Vector!, $collection: String!) {
    searchVectors(collection: $collection, near: { vector: $vector }, options: { mode: EXACT }) { matches { record { key } } }
  }`;
  const truth: string[][] = [];
  for (const query of queries) {
    const data = await ask(url, text, { collection, vector: vectorToBase64(query) });
    const { matches } = data['searchVectors'] as { matches: { record: { key: string } }[] };
    truth.push(matches.map((match) => match.record.key));
  }
  return truth;
}

async function ask(
  url: string,
  query: string,
  variables: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-timeout-ms': '30000' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Record<string, unknown>;
    errors?: unknown;
  };
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data;
}

/** Markdown, with ratios against the first contender: the machine's own speed cancels out. */
function table(rows: readonly Measured[]): string {
  const [floor] = rows;
  const lines = rows.map((row) => {
    const slower = (row.p50Ms / floor!.p50Ms).toFixed(2);
    const share = (row.throughput / floor!.throughput).toFixed(2);
    return `| ${row.name} | ${row.p50Ms.toFixed(2)} | ${row.p95Ms.toFixed(2)} | ${slower} | ${row.throughput.toFixed(0)} | ${share} | ${row.recall.toFixed(3)} |`;
  });
  return [
    `${rowCount} x ${dimension}, clustered, four pods, HNSW, k 10; ratios are against direct scatter.`,
    '',
    '| | p50 ms, 1 client | p95 ms | p50 ratio | searches/s, 16 clients | ratio | recall@10 |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}
