import { directScatter, foreignTables, gateway, plainScatter, tableName } from './contenders.ts';
import {
  bucket,
  collection,
  createDatabases,
  createQueries,
  dimension,
  exactSearches,
  fill,
  rowCount,
} from './corpus.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { measure, type Contender, type Measured } from './measure.ts';

const podNames = ['pod-a', 'pod-b', 'pod-c', 'pod-d'];
const truthCount = 100;
const turns = { warmUpCount: 3_000, roundCount: 5, clientCount: 16, burstMs: 3_000 };

/**
 * Top-k over four pods: by hand, through postgres_fdw, and through Quiver with its pods in
 * processes of their own or in the gateway's. `servers` are PostgreSQL URLs that may create databases.
 */
export async function benchSearch(servers: readonly string[]): Promise<string> {
  const urls = await createDatabases(servers, [...podNames, 'fdw']);
  const podUrls = urls.slice(0, 4);
  const fleet = await createFleet(14_001);
  const contenders: Contender[] = [];
  try {
    const [inProcess, remote] = await startGateways(podUrls, fleet);
    await fill(inProcess!);
    contenders.push(
      directScatter(podUrls, tableName(bucket, collection)),
      plainScatter(podUrls, tableName(bucket, collection)),
      await foreignTables(urls[4]!, podUrls, { bucket, name: collection, dimension }),
      gateway('Quiver, remote pods', remote!, collection),
      gateway('Quiver, databases in-process', inProcess!, collection),
    );
    const queries = Array.from({ length: 200 }, createQueries());
    const truth = await exactSearches(inProcess!, queries.slice(0, truthCount));
    return table(await measure(contenders, { queries, truth, ...turns }));
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await fleet.close();
  }
}

/** One gateway with the databases in its own process, one over four pods with a process each. */
async function startGateways(podUrls: readonly string[], fleet: Fleet): Promise<string[]> {
  const inProcess = podNames.map((name, i) => ({ name, database: podUrls[i] }));
  const remote: object[] = [];
  for (const [i, name] of podNames.entries()) {
    remote.push({ name, url: `${await fleet.startPod(name, podUrls[i]!)}/graphql` });
  }
  const gateways: string[] = [];
  for (const pods of [inProcess, remote]) {
    gateways.push(await fleet.startGateway({ pods, cache: { enabled: false } }));
  }
  return gateways;
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
