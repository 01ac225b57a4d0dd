import { spreadSlots, ownersOf } from '../../schema/placement.ts';
import type { Filter, JsonObject } from '../../schema/filter.ts';
import { slotOf } from '../../schema/key.ts';
import type { NewRecord } from '../../subgraphs/store.ts';
import { createRandom, gaussian } from './random.ts';

export const selectivities = [0.001, 0.01, 0.1, 0.5] as const;

/** A share of the records, and why they match. */
export interface Case {
  readonly name: string;
  readonly selectivity: number;
  readonly filter: Filter;
  readonly matches: (metadata: JsonObject) => boolean;
}

export interface Data {
  readonly records: readonly NewRecord[];
  /** Of the same clusters. */
  readonly queries: readonly Float32Array[];
  readonly cases: readonly Case[];
}

const clusterCount = 200;
const spread = 0.6;

/**
 * Clustered vectors, and four kinds of filters on them: by equality, which an index on the metadata
 * answers, and of records at random, of whole clusters, or of as few pods as can hold them; and by
 * a range, which no such index answers.
 */
export function createData(options: {
  readonly rowCount: number;
  readonly queryCount: number;
  readonly dimension: number;
  readonly pods: readonly string[];
}): Data {
  const { rowCount, queryCount, dimension, pods } = options;
  const random = createRandom(1);
  const centres = Array.from({ length: clusterCount }, () =>
    Float32Array.from({ length: dimension }, () => gaussian(random)),
  );
  const near = (cluster: number): Float32Array =>
    centres[cluster]!.map((x) => x + spread * gaussian(random));
  const someCluster = (): number => Math.floor(random() * clusterCount);
  const podOf = podIndex(pods);

  const records = Array.from({ length: rowCount }, (_, i) => {
    const key = `key-${i}`;
    const cluster = someCluster();
    const ranks = {
      random: random(),
      cluster: (cluster + random()) / clusterCount,
      pod: (podOf(key) + random()) / pods.length,
    };
    return { key, vector: near(cluster), metadata: metadataOf(ranks) };
  });
  const queries = Array.from({ length: queryCount }, () => near(someCluster()));
  return { records, queries, cases: selectivities.flatMap(casesOf) };
}

/** In order of their slots. */
function podIndex(pods: readonly string[]): (key: string) => number {
  const owners = ownersOf({ slots: spreadSlots(pods) });
  return (key) => pods.indexOf(owners[slotOf(key)]!);
}

/** Whoever has a rank below a selectivity has the mark of it. */
function metadataOf(ranks: Readonly<Record<string, number>>): JsonObject {
  const marks = Object.entries(ranks).flatMap(([kind, rank]) =>
    selectivities.filter((s) => rank < s).map((s) => [markOf(kind, s), 'yes']),
  );
  return { rank: ranks['random']!, ...Object.fromEntries(marks) };
}

const markOf = (kind: string, selectivity: number): string => `${kind} ${selectivity}`;

function casesOf(selectivity: number): Case[] {
  const marked = (name: string, kind: string): Case => {
    const mark = markOf(kind, selectivity);
    const filter: Filter = { kind: 'eq', path: [mark], value: 'yes' };
    return { name, selectivity, filter, matches: (metadata) => metadata[mark] === 'yes' };
  };
  return [
    marked('equality, at random', 'random'),
    marked('equality, whole clusters', 'cluster'),
    marked('equality, fewest pods', 'pod'),
    {
      name: 'range, at random',
      selectivity,
      filter: { kind: 'lt', path: ['rank'], value: selectivity },
      matches: ({ rank }) => Number(rank) < selectivity,
    },
  ];
}
