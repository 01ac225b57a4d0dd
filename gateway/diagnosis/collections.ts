import { slotCount } from '../../schema/key.ts';
import { foundUid, isFound, isHashed, membersOf, type Placement } from '../../schema/placement.ts';
import type { PodReport, TableFacts } from '../../subgraphs/report.ts';
import type { Collection } from '../../subgraphs/store.ts';
import type { Expected, Finding } from '../diagnosis.ts';
import { settle, type Row } from '../sharded/settle.ts';
import { levelsOf } from './regions.ts';
import { indexCommand, lacksIndex, tableFindings } from './tables.ts';

/** What is wrong with each collection, on its pods and between them. */
export const collectionFindings = (
  reports: readonly PodReport[],
  expected: readonly Expected[],
): readonly Finding[] => [
  ...partsOf(reports).flatMap(({ report, table }) =>
    tableFindings(report.pod, table, report.facts!),
  ),
  ...levelsOf(reports).flatMap(({ region, reports: those }) =>
    region === null ? levelFindings(those, expected) : levelFindings(those, []).map(within(region)),
  ),
];

const within =
  (region: string) =>
  (finding: Finding): Finding => ({
    ...finding,
    pod: finding.pod === null ? region : `${region}/${finding.pod}`,
  });

/** What the pods of one gateway say of their collections, held against each other. */
function levelFindings(
  reports: readonly PodReport[],
  expected: readonly Expected[],
): readonly Finding[] {
  const names = new Map<string, Part[]>();
  for (const part of partsOf(reports)) {
    const name = nameOf(part.table);
    names.set(name, [...(names.get(name) ?? []), part]);
  }
  const missing = expected.filter(isMapped).filter(isAbsent(names, reports));
  return [
    ...[...names].flatMap(([name, those]) =>
      betweenParts(
        name,
        those,
        reports,
        expected.find((one) => nameOf(one) === name),
      ),
    ),
    ...missing.map(absence),
  ];
}

/** A table on its pod. */
interface Part {
  readonly report: PodReport;
  readonly table: TableFacts;
}

const partsOf = (reports: readonly PodReport[]): Part[] =>
  reports.flatMap((report) => (report.facts?.tables ?? []).map((table) => ({ report, table })));

const nameOf = (ref: { readonly bucket: string; readonly collection: string }): string =>
  `${ref.bucket}.${ref.collection}`;

function betweenParts(
  subject: string,
  parts: readonly Part[],
  reports: readonly PodReport[],
  expected: Expected | undefined,
): readonly Finding[] {
  const silent = reports.flatMap(({ pod, facts }) => (facts ? [] : [pod]));
  const home = expected?.pods ?? null;
  const { collection, dispute } = settle(parts.flatMap(toRow), { silent, home });
  if (!collection || collection.placement.state === 'dropped') return [];
  const about = (found: Omit<Finding, 'subject'>): Finding => ({ ...found, subject });
  if (dispute !== null) return [about(disputed(dispute))];

  const { placement } = collection;
  const members = parts.filter(
    ({ report: { pod }, table }) =>
      pod in placement.slots && (table.placement?.uid ?? foundUid) === placement.uid,
  );
  const found = isFound(placement)
    ? foundTables(placement, members)
    : [
        ...unusedMapping(expected),
        ...placementFindings(placement),
        ...memberFindings(placement, members, reports),
        ...strangers(parts, placement),
      ];
  return [...found, ...unevenIndexes(members)].map(about);
}

type Found = Omit<Finding, 'subject'>;

/** A table that cannot be served is no reason to doubt the others. */
function toRow({ report, table }: Part): Row[] {
  const { bucket, collection, dimension, elementType, metric, placement, problem } = table;
  const dropped = placement?.state === 'dropped';
  if (!dropped && (problem !== null || dimension === null || elementType === null)) return [];
  const row: Collection = {
    bucket,
    collection,
    dimension: dimension ?? 0,
    elementType: elementType ?? 'FLOAT32',
    metric: metric ?? 'COSINE',
    nonFilterableKeys: [],
    createdAt: null,
    placement: placement ?? ownPlacement(report.pod),
  };
  return [{ pod: report.pod, collection: row }];
}

const ownPlacement = (pod: string): Placement => ({
  uid: foundUid,
  version: 0,
  state: 'active',
  slots: { [pod]: [[0, slotCount - 1]] },
});

const disputed = (dispute: string): Found => ({
  level: 'error',
  pod: null,
  problem: `It ${dispute}: it is served by no gateway.`,
  advice:
    'Decide which is right, and rename, change or delete the others; a gateway over some of the pods alone deletes what only they hold.',
});

function foundTables(placement: Placement, members: readonly Part[]): Found[] {
  if (isHashed(placement) || members.length < 2) return [];
  const pods = members.map(({ report }) => report.pod);
  return [
    {
      level: 'warning',
      pod: null,
      problem: `It is a table that Quiver did not make, on ${pods.join(' and ')}: it is searched on all of them and takes no writes.`,
      advice: `Name one pod for it in the configuration (pods: [${pods[0]}]), or import its records into a collection that Quiver makes.`,
    },
  ];
}

/** Every slot once. */
function placementFindings({ state, slots }: Placement): Found[] {
  const found: Found[] = [];
  if (state === 'creating') {
    found.push({
      level: 'warning',
      pod: null,
      problem: 'Its creation was cut half-way, or is under way: nobody can use it yet.',
      advice: 'Create it again with the same properties, or delete it.',
    });
  }
  const held = new Array<number>(slotCount).fill(0);
  for (const [from, to] of Object.values(slots).flat()) {
    for (let slot = from; slot <= to; slot++) held[slot] = (held[slot] ?? 0) + 1;
  }
  const lacking = held.filter((count) => count === 0).length;
  const shared = held.filter((count) => count > 1).length;
  if (lacking + shared > 0) {
    found.push({
      level: 'error',
      pod: null,
      problem: `Its placement must give each of ${slotCount} slots to one pod; ${lacking} have none and ${shared} several.`,
      advice: 'Restore quiver.placement on its pods from a backup.',
    });
  }
  return found;
}

/** What the placement says of its pods, against what they say. */
function memberFindings(
  placement: Placement,
  members: readonly Part[],
  reports: readonly PodReport[],
): Found[] {
  return membersOf(placement).flatMap((pod): Found[] => {
    const report = reports.find((one) => one.pod === pod);
    if (!report) {
      const problem =
        'The collection has a part on this pod, which the configuration does not name.';
      return [{ level: 'error', pod, problem, advice: 'Add the pod to the configuration.' }];
    }
    const part = members.find((one) => one.report === report);
    const version = part?.table.placement?.version ?? 0;
    if (report.facts && !part) {
      const problem = 'The pod has no part of the collection, though its placement says so.';
      return [{ level: 'error', pod, problem, advice: 'Restore the pod from a backup.' }];
    }
    if (!part || version === placement.version) return [];
    const problem = `Its placement has version ${version} and on other pods ${placement.version}, as after the restore of a backup: it refuses writes.`;
    return [{ level: 'error', pod, problem, advice: 'Restore a newer backup of this pod.' }];
  });
}

/** Tables of the same name that the placement leaves out. */
const strangers = (parts: readonly Part[], placement: Placement): Found[] =>
  parts
    .filter(({ table }) => table.placement === null && table.problem === null)
    .map(({ report }) => ({
      level: placement.state === 'active' ? 'warning' : 'note',
      pod: report.pod,
      problem: 'A table of this name, which Quiver did not make, is no part of the collection.',
      advice: 'Rename the table to serve it, or drop it.',
    }));

/** An index that some shards have: the others make every search wait. */
function unevenIndexes(members: readonly Part[]): Found[] {
  const kinds = new Map(
    members
      .flatMap(({ table }) => table.indexes)
      .filter(({ state }) => state !== 'INVALID')
      .map((index) => [`${index.method} index of ${index.metric}`, index]),
  );
  return [...kinds].flatMap(([kind, index]) => {
    const has = ({ table }: Part): boolean =>
      table.indexes.some((own) => own.method === index.method && own.metric === index.metric);
    return members
      .filter((part) => !has(part) && !lacksIndex(part.table))
      .map(({ report, table }) => ({
        level: 'warning' as const,
        pod: report.pod,
        problem: `It has no ${kind}, which other pods have.`,
        advice: indexCommand(table, index),
      }));
  });
}

interface Mapped extends Expected {
  readonly mapping: NonNullable<Expected['mapping']>;
}

const isMapped = (one: Expected): one is Mapped => one.mapping !== null;

const isAbsent =
  (names: ReadonlyMap<string, readonly Part[]>, reports: readonly PodReport[]) =>
  (one: Expected): boolean => {
    const parts = names.get(nameOf(one)) ?? [];
    const unheard = reports.filter(
      ({ pod, facts }) => !facts && (one.pods === null || one.pods.includes(pod)),
    );
    return unheard.length === 0 && !parts.some(({ table }) => table.problem === null);
  };

/** A collection stands before a mapping, as for gateways whose configuration has none. */
const unusedMapping = (expected: Expected | undefined): Found[] =>
  expected?.mapping
    ? [
        {
          level: 'error',
          pod: null,
          problem: `It is mapped to ${expected.mapping.schema}.${expected.mapping.table}, and is also a collection that Quiver made: the mapping is not used.`,
          advice: 'Delete the collection, or take the mapping out of the configuration.',
        },
      ]
    : [];

const absence = ({ mapping: { schema, table }, ...ref }: Mapped): Finding => ({
  level: 'error',
  pod: null,
  subject: nameOf(ref),
  problem: `The configuration maps it to the table ${schema}.${table}, which no pod can serve.`,
  advice: 'Correct the mapping, or take it out.',
});
