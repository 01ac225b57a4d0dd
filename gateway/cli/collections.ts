import type { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';
import { runCommand } from './failures.ts';
import { withGraph, type Graph } from './graph.ts';
import { storeOptions, type StoreOptions } from './open-store.ts';
import { print, printJson, printTable, tell, type Column } from './output.ts';

export function addCollections(program: Command): void {
  storeOptions(program.command('collections'))
    .description('all collections')
    .option('--bucket <name>', 'of this bucket only')
    .option('--prefix <text>', 'whose names begin so')
    .option('--json', 'as GraphQL gives them: nodes and coverage')
    .addHelpText('after', exitCodesHelp)
    .action((options: CollectionsOptions) => runCommand(options, () => listCommand(options)));
}

export interface CollectionsOptions extends StoreOptions {
  readonly bucket?: string;
  readonly prefix?: string;
  readonly json?: boolean;
}

/** `quiver collections`: all pages of the root field `vectorCollections`. */
export async function listCommand(options: CollectionsOptions): Promise<void> {
  const { nodes, coverage } = await withGraph(options, (graph) => listAll(graph, options));
  if (options.json) printJson({ nodes, coverage });
  else if (nodes.length > 0) printTable(nodes, columns);
  else print('There are no collections.');
  for (const { pod, message } of coverage.failures) tell(`Without ${pod}: ${message}`);
}

interface Listed {
  readonly bucket: string;
  readonly name: string;
  readonly dimension: number;
  readonly metric: string;
  readonly elementType: string;
  readonly count: number | null;
  readonly shards: readonly { readonly pod: string }[] | null;
  readonly indexes: readonly ListedIndex[] | null;
}

interface ListedIndex {
  readonly method: string;
  readonly metric: string;
  readonly state: string;
  readonly shards: readonly { readonly pod: string; readonly state: string }[];
}

interface Page {
  readonly nodes: readonly Listed[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly coverage: { readonly failures: readonly { pod: string; message: string }[] };
}

const document = `
query ($bucket: String, $prefix: String, $after: String) {
  vectorCollections(bucket: $bucket, prefix: $prefix, after: $after) {
    nodes {
      bucket name dimension metric elementType count
      shards { pod slotCount }
      indexes { method metric state shards { pod state } }
    }
    pageInfo { hasNextPage endCursor }
    coverage { fraction shardCount answeredCount failures { pod code message } }
  }
}`;

async function listAll(
  graph: Graph,
  { bucket, prefix }: CollectionsOptions,
): Promise<Pick<Page, 'nodes' | 'coverage'>> {
  const nodes: Listed[] = [];
  let after: string | null = null;
  for (;;) {
    const page: Page = await graph.ask<Page>(document, { bucket, prefix, after });
    const { pageInfo, coverage } = page;
    nodes.push(...page.nodes);
    if (!pageInfo.hasNextPage) return { nodes, coverage };
    after = pageInfo.endCursor;
  }
}

const columns: readonly Column<Listed>[] = [
  { title: 'BUCKET', cell: ({ bucket }) => bucket },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'DIMENSION', align: 'right', cell: ({ dimension }) => dimension },
  { title: 'METRIC', cell: ({ metric }) => metric },
  { title: 'TYPE', cell: ({ elementType }) => elementType },
  { title: 'ROWS', align: 'right', cell: ({ count }) => count },
  { title: 'SHARDS', align: 'right', cell: ({ shards }) => shards && shards.length },
  {
    title: 'INDEXES',
    cell: ({ indexes, shards }) =>
      indexes && (indexes.map((index) => indexText(index, shards ?? [])).join(', ') || 'none'),
  },
];

/** Such as "HNSW L2 READY", and where it is not. */
function indexText(
  { method, metric, state, shards }: ListedIndex,
  all: readonly { readonly pod: string }[],
): string {
  const missing = all.filter(({ pod }) => !shards.some((shard) => shard.pod === pod));
  if (missing.length === 0) return `${method} ${metric} ${state}`;
  const there = shards.every((shard) => shard.state === 'READY') ? '' : ` ${state},`;
  return `${method} ${metric}${there} missing on ${missing.map(({ pod }) => pod).join(' and ')}`;
}
