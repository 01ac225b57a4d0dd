import { text as readText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { metrics } from '../../schema/metric.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { runCommand } from './failures.ts';
import { withGraph } from './graph.ts';
import { storeOptions, type StoreOptions } from './open-store.ts';
import { brief, counted, print, printJson, printTable, tell, type Column } from './output.ts';
import { anyInteger, anyNumber, names, wordOf } from './values.ts';

export function addSearch(program: Command): void {
  storeOptions(program.command('search'))
    .description('the records nearest to a vector, to a stored record, or to a text')
    .requiredOption('--collection <name>', 'where to search')
    .option('--bucket <name>', 'its bucket (default: vecs)')
    .option('--vector <vector>', 'a JSON list, base64 of little-endian float32, or - for stdin')
    .option('--key <key>', 'search by the vector of this record')
    .option('--text <text>', 'search by the embedding of this text')
    .option('--k <count>', 'how many (default: 10)', anyInteger)
    .option('--offset <count>', 'how many to skip', anyInteger)
    .option('--filter <json>', 'on metadata: docs/filters.md')
    .option('--max-distance <distance>', 'leave out what is farther', anyNumber)
    .option('--metric <metric>', "default: the collection's own", wordOf(metrics))
    .option('--mode <mode>', 'auto, index or exact', wordOf(['AUTO', 'INDEX', 'EXACT']))
    .option('--ef-search <count>', 'of HNSW indexes', anyInteger)
    .option('--probes <count>', 'of IVFFlat indexes', anyInteger)
    .option('--min-coverage <share>', 'of the shards, 0 to 1', anyNumber)
    .option('--timeout-ms <ms>', 'how long it may take', anyInteger)
    .option('--metadata <keys>', 'only these keys, with commas between', names)
    .option('--vectors', 'with the vectors')
    .option('--profile', 'with what each shard did')
    .option('--json', 'as GraphQL gives it')
    .addHelpText('after', exitCodesHelp)
    .action((options: SearchOptions) => runCommand(options, () => searchCommand(options)));
}

export interface SearchOptions extends StoreOptions {
  readonly collection: string;
  readonly bucket?: string;
  readonly vector?: string;
  readonly key?: string;
  readonly text?: string;
  readonly k?: number;
  readonly offset?: number;
  readonly filter?: string;
  readonly maxDistance?: number;
  readonly metric?: string;
  readonly mode?: string;
  readonly efSearch?: number;
  readonly probes?: number;
  readonly minCoverage?: number;
  readonly timeoutMs?: number;
  readonly metadata?: readonly string[];
  readonly vectors?: boolean;
  readonly profile?: boolean;
  readonly json?: boolean;
}

/** `quiver search`: the root field `searchVectors`, argument by argument. */
export async function searchCommand(options: SearchOptions): Promise<void> {
  const { collection, bucket, k, offset, filter, maxDistance, json } = options;
  const { metric, mode, efSearch, probes, minCoverage, timeoutMs } = options;
  const variables = {
    collection,
    bucket,
    near: { vector: await readVector(options.vector), key: options.key, text: options.text },
    k,
    offset,
    filter,
    maxDistance,
    options: { metric, mode, efSearch, probes, minCoverage, timeoutMs },
    keys: options.metadata,
    vectors: options.vectors ?? false,
    profile: options.profile ?? false,
  };
  const found = await withGraph(options, (graph) => graph.ask<Found>(document, variables));
  if (json) printJson(found);
  else present(found, options);
}

interface Found {
  readonly matches: readonly Match[];
  readonly hasMore: boolean;
  readonly coverage: {
    readonly answeredCount: number;
    readonly shardCount: number;
    readonly failures: readonly { readonly pod: string; readonly message: string }[];
  };
  readonly profile?: readonly ShardProfile[];
  readonly tookMs: number;
}

interface Match {
  readonly distance: number;
  readonly score: number;
  readonly record: {
    readonly key: string;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly vector?: readonly number[];
  };
}

interface ShardProfile {
  readonly pod: string;
  readonly plan: string;
  readonly exactReason: string | null;
  readonly tookMs: number;
  readonly rowCount: number;
  readonly truncated: boolean;
}

const document = `
query ($collection: String!, $bucket: String, $near: VectorNear!, $k: Int, $offset: Int,
  $filter: VectorFilter, $maxDistance: Float, $options: VectorSearchOptions,
  $keys: [String!], $vectors: Boolean!, $profile: Boolean!) {
  searchVectors(collection: $collection, bucket: $bucket, near: $near, k: $k, offset: $offset,
    filter: $filter, maxDistance: $maxDistance, options: $options) {
    matches { distance score record { key metadata(keys: $keys) vector @include(if: $vectors) } }
    hasMore
    metric
    coverage { fraction shardCount answeredCount failures { pod code message } }
    profile @include(if: $profile) {
      pod plan exactReason tookMs rowCount truncated attempts hedged
    }
    tookMs
  }
}`;

/** A text that is no JSON list is base64, or will be told what it must be. */
async function readVector(given: string | undefined): Promise<unknown> {
  if (given === undefined) return undefined;
  const text = (given === '-' ? await readText(process.stdin) : given).trim();
  try {
    return text.startsWith('[') ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

function present({ matches, hasMore, coverage, profile, tookMs }: Found, options: SearchOptions) {
  if (matches.length > 0) printTable(matches, matchColumns(options));
  if (matches.length > 0) print('');
  if (profile) {
    printTable(profile, profileColumns);
    print('');
  }
  const more = hasMore ? ', and there are more' : '';
  const { answeredCount, shardCount, failures } = coverage;
  const shards = `${answeredCount} of ${counted(shardCount, 'shard')}`;
  print(
    `${counted(matches.length, 'match', 'matches')}${more}; ${shards}, ${tookMs.toFixed(1)} ms`,
  );
  for (const { pod, message } of failures) tell(`Without ${pod}: ${message}`);
}

function matchColumns({ metadata, vectors = false }: SearchOptions): Column<Match>[] {
  const columns: Column<Match>[] = [
    { title: 'KEY', cell: ({ record }) => brief(record.key) },
    { title: 'DISTANCE', align: 'right', cell: ({ distance }) => distance.toFixed(6) },
    { title: 'SCORE', align: 'right', cell: ({ score }) => score.toFixed(6) },
  ];
  const keyed = metadata?.map((key): Column<Match> => ({
    title: brief(key),
    cell: ({ record }) => brief(record.metadata[key] ?? ''),
  }));
  columns.push(
    ...(keyed ?? [{ title: 'METADATA', cell: ({ record }: Match) => brief(record.metadata) }]),
  );
  if (vectors) columns.push({ title: 'VECTOR', cell: ({ record }) => brief(record.vector, 40) });
  return columns;
}

const profileColumns: readonly Column<ShardProfile>[] = [
  { title: 'POD', cell: ({ pod }) => pod },
  { title: 'PLAN', cell: ({ plan }) => plan },
  { title: 'WHY EXACT', cell: ({ exactReason }) => exactReason ?? '' },
  { title: 'MS', align: 'right', cell: ({ tookMs }) => tookMs.toFixed(1) },
  { title: 'ROWS', align: 'right', cell: ({ rowCount }) => rowCount },
  { title: 'TRUNCATED', cell: ({ truncated }) => (truncated ? 'yes' : 'no') },
];
