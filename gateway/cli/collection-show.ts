import type { Command } from 'commander';
import { errors } from '../../schema/errors.ts';
import { defaultBucket } from '../../subgraphs/arguments.ts';
import { runCommand } from './failures.ts';
import { withGraph } from './graph.ts';
import { onCollection, type CollectionOptions } from './on-collection.ts';
import { print, printJson, printTable, sized, type Column } from './output.ts';

export function addShow(group: Command): void {
  onCollection(group, 'show')
    .description('what is known of a collection, its shards and its indexes')
    .action((name: string, options: CollectionOptions) =>
      runCommand(options, () => showCommand(name, options)),
    );
}

/** `quiver collection show`: the root field `vectorCollection`. */
export async function showCommand(name: string, options: CollectionOptions): Promise<void> {
  const { bucket = defaultBucket, json } = options;
  const found = await withGraph(options, (graph) =>
    graph.ask<Shown | null>(document, { name, bucket }),
  );
  if (found === null) throw errors.collectionNotFound(bucket, name);
  if (json) printJson(found);
  else present(found);
}

interface Shown {
  readonly bucket: string;
  readonly name: string;
  readonly dimension: number;
  readonly metric: string;
  readonly elementType: string;
  readonly nonFilterableKeys: readonly string[];
  readonly createdAt: string | null;
  readonly count: number | null;
  readonly shards: readonly Shard[] | null;
  readonly indexes: readonly Index[] | null;
}

interface Shard {
  readonly pod: string;
  readonly slotCount: number | null;
  readonly count: number | null;
  readonly bytes: number | null;
}

interface Index {
  readonly method: string;
  readonly metric: string;
  readonly options: object | null;
  readonly shards: readonly IndexShard[] | null;
}

interface IndexShard {
  readonly pod: string;
  readonly name: string;
  readonly state: string;
  readonly percent: number | null;
  readonly bytes: number | null;
}

const document = `
query ($name: String!, $bucket: String) {
  vectorCollection(name: $name, bucket: $bucket) {
    bucket name dimension metric elementType nonFilterableKeys createdAt count
    shards { pod slotCount count bytes }
    indexes { method metric options state shards { pod name state percent bytes } }
  }
}`;

function present(found: Shown): void {
  const facts = [
    ['collection', `${found.bucket}.${found.name}`],
    ['vectors', `${found.dimension} dimensions, ${found.elementType}, ${found.metric}`],
    ['not filterable', found.nonFilterableKeys.join(', ') || 'none'],
    ['made', found.createdAt ?? 'not by Quiver'],
    ['rows', String(found.count ?? '?')],
  ];
  for (const [name, value] of facts) print(`${name!.padEnd(16)}${value}`);
  print('');
  printTable(found.shards ?? [], shardColumns);
  print('');
  const indexes = (found.indexes ?? []).flatMap((index) =>
    (index.shards ?? []).map((shard) => ({ index, shard })),
  );
  if (indexes.length > 0) printTable(indexes, indexColumns);
  else print(found.indexes ? 'It has no index.' : 'Its indexes are not known.');
}

const shardColumns: readonly Column<Shard>[] = [
  { title: 'POD', cell: ({ pod }) => pod },
  { title: 'SLOTS', align: 'right', cell: ({ slotCount }) => slotCount ?? '' },
  { title: 'ROWS', align: 'right', cell: ({ count }) => count },
  { title: 'SIZE', align: 'right', cell: ({ bytes }) => bytes && sized(bytes) },
];

const indexColumns: readonly Column<{ index: Index; shard: IndexShard }>[] = [
  { title: 'INDEX', cell: ({ index }) => `${index.method} ${index.metric}` },
  { title: 'OPTIONS', cell: ({ index }) => optionsOf(index) },
  { title: 'POD', cell: ({ shard }) => shard.pod },
  { title: 'STATE', cell: ({ shard }) => stateOf(shard) },
  { title: 'SIZE', align: 'right', cell: ({ shard }) => shard.bytes && sized(shard.bytes) },
  { title: 'NAME', cell: ({ shard }) => shard.name },
];

const optionsOf = ({ options }: Index): string =>
  Object.entries(options ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const stateOf = ({ state, percent }: IndexShard): string =>
  percent === null ? state : `${state} ${Math.floor(percent)} %`;
