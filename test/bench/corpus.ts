import pg from 'pg';
import { vectorToBase64 } from '../../schema/vector.ts';
import { createClusters } from './random.ts';

export const bucket = 'vecs';
export const collection = 'bench_search';
export const dimension = 384;
export const rowCount = Number(process.env['BENCH_ROWS'] ?? 100_000);

export async function createDatabases(servers: readonly string[], names: readonly string[]) {
  const urls: string[] = [];
  for (const [i, name] of names.entries()) {
    const url = new URL(servers[i % servers.length]!);
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const database = `quiver_bench_${name.replaceAll('-', '_')}`;
    await client.query(`drop database if exists ${database} with (force)`);
    await client.query(`create database ${database}`);
    await client.end();
    url.pathname = `/${database}`;
    urls.push(url.href);
  }
  return urls;
}

const createPoints = () => createClusters({ seed: 1, clusterCount: 200, dimension, spread: 0.6 });

/** Points of the same clusters that come after those that are stored. */
export function createQueries(): () => Float32Array {
  const next = createPoints();
  for (let i = 0; i < rowCount; i++) next();
  return next;
}

/** The points, in a collection with an index, through a gateway. */
export async function fill(url: string): Promise<void> {
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

export async function exactSearches(url: string, queries: readonly Float32Array[]) {
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

export async function ask(
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
