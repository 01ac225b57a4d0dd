import { defaultLimits } from '../../schema/limits.ts';
import type { PodFacts, TableFacts } from '../../subgraphs/report.ts';
import type { ShardIndex } from '../../subgraphs/store.ts';
import type { Finding } from '../diagnosis.ts';
import { bytesOf, hnswBytes, shownBytes } from './memory.ts';

/** Below, an exact scan is as fast as any index. */
const indexedRowsMin = 10_000;

/** What is wrong with a table on its pod alone. */
export function tableFindings(
  pod: string,
  table: TableFacts,
  { role, settings }: PodFacts,
): readonly Finding[] {
  if (table.placement?.state === 'dropped') return [];
  const subject = `${table.bucket}.${table.collection}`;
  const found = [
    ...servable(table),
    ...(table.problem === null
      ? [
          ...rights(table, role),
          ...table.indexes.flatMap((index) => indexState(table, index)),
          ...indexOfMetric(table),
          ...memory(table, settings),
          ...keyOrder(table),
        ]
      : []),
  ];
  return found.map((finding) => ({ ...finding, pod, subject }));
}

type Found = Pick<Finding, 'level' | 'problem' | 'advice'>;

const servable = ({ problem, placement }: TableFacts): Found[] =>
  problem === null
    ? []
    : [
        {
          level: 'error',
          problem,
          advice: placement
            ? 'Restore the table from a backup, or delete the collection through a gateway.'
            : 'Change the table or its mapping in the configuration; else it is not served.',
        },
      ];

function rights({ canRead, canWrite, table }: TableFacts, role: string): Found[] {
  const grant = (rightsNeeded: string): string =>
    `As the owner: grant ${rightsNeeded} on ${table} to ${role} (and usage on its schema)`;
  if (!canRead) {
    const problem = `The role ${role} may not read ${table}: it cannot be searched.`;
    return [{ level: 'error', problem, advice: grant('select') }];
  }
  if (canWrite) return [];
  const problem = `The role ${role} may not write to ${table}.`;
  const advice = `If it should: ${grant('insert, update, delete').replace('As', 'as')}`;
  return [{ level: 'note', problem, advice }];
}

/** Builds it on every shard that has none. */
export function indexCommand(
  { bucket, collection }: TableFacts,
  { method, metric }: { readonly method?: string; readonly metric: string | null },
): string {
  const options = {
    bucket: bucket === 'vecs' ? null : bucket,
    method: method?.toLowerCase(),
    metric: metric?.toLowerCase(),
  };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value ? [`--${name}`, value] : [],
  );
  return ['quiver collection index', collection, ...given].join(' ');
}

function indexState(table: TableFacts, index: ShardIndex): Found[] {
  const { name, state, percent } = index;
  if (state === 'READY') return [];
  if (state === 'BUILDING') {
    const problem = `Its index ${name} is being built (${Math.floor(percent ?? 0)} %).`;
    return [{ level: 'note', problem, advice: 'Wait: until then searches are exact.' }];
  }
  const problem = `Its index ${name} is invalid: a build that failed left it, writes pay for it and no search uses it.`;
  return [{ level: 'warning', problem, advice: indexCommand(table, index) }];
}

/**
 * Each search reads all of many rows. Without a metric of its own, a table has that of any index;
 * an invalid one is spoken of by itself.
 */
export const lacksIndex = (table: TableFacts): boolean =>
  isLarge(table) &&
  !table.indexes.some(({ metric }) => table.metric === null || metric === table.metric);

/** Large enough for an index, and of a dimension that can have one. */
const isLarge = ({ rowsEstimate, dimension, elementType }: TableFacts): boolean =>
  rowsEstimate >= indexedRowsMin &&
  (dimension ?? 0) <= defaultLimits.indexedDimensionMax[elementType ?? 'FLOAT32'];

function indexOfMetric(table: TableFacts): Found[] {
  const { metric, rowsEstimate } = table;
  if (!lacksIndex(table)) return [];
  const problem = `It has about ${Math.round(rowsEstimate)} rows and no index${metric ? ` of ${metric}` : ''}: each search reads all of them.`;
  return [{ level: 'warning', problem, advice: indexCommand(table, { metric }) }];
}

/** A build whose graph outgrows its memory goes on in the table, many times slower. */
function memory(table: TableFacts, settings: PodFacts['settings']): Found[] {
  const hnsw = table.indexes.find(({ method }) => method === 'HNSW');
  const isOther = !hnsw && table.indexes.length > 0;
  if (isOther || !isLarge(table)) return [];
  const neededBytes = hnswBytes(table, Number(hnsw?.options['m'] ?? 16));
  const setting = settings['maintenance_work_mem'] ?? '';
  if (neededBytes <= bytesOf(setting)) return [];
  const needed = shownBytes(neededBytes);
  return [
    {
      level: hnsw?.state === 'READY' ? 'note' : 'warning',
      problem: `Its HNSW index takes about ${needed} to build; maintenance_work_mem is ${setting}, so that a build is slow.`,
      advice: `For a build, if the server has the memory: maintenance_work_mem = '${needed}'`,
    },
  ];
}

const keyOrder = ({ keysOrdered, table, key }: TableFacts): Found[] =>
  keysOrdered
    ? []
    : [
        {
          level: 'note',
          problem: 'It has no index in byte order of its keys: each page of a scan sorts them all.',
          advice: `create index concurrently on ${table} (${key} collate "C")`,
        },
      ];
