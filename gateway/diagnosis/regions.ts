import { placementAbove } from '../../schema/placement.ts';
import type { PodFacts, PodReport, TableFacts } from '../../subgraphs/report.ts';

/** A gateway's pods under the names that they have there. */
export interface Level {
  /** What the gateway is called at the top; null: it is the top. */
  readonly region: string | null;
  readonly reports: readonly PodReport[];
}

/**
 * The gateways of a tree, each with the reports of its pods. A pod that is a gateway has one that
 * says of its collections what the gateway above it sees.
 */
export function levelsOf(reports: readonly PodReport[], region: string | null = null): Level[] {
  const regions = new Map<string, PodReport[]>();
  const own: PodReport[] = [];
  for (const report of reports) {
    const [name = '', ...rest] = report.pod.split('/');
    if (rest.length === 0) own.push(report);
    else regions.set(name, [...(regions.get(name) ?? []), { ...report, pod: rest.join('/') }]);
  }
  const inner = [...regions].map(([name, those]) => ({
    name,
    levels: levelsOf(those, region === null ? name : `${region}/${name}`),
  }));
  const united = inner.map(({ name, levels }) => unite(name, levels[0]!.reports));
  return [{ region, reports: [...own, ...united] }, ...inner.flatMap(({ levels }) => levels)];
}

function unite(pod: string, reports: readonly PodReport[]): PodReport {
  const facts = reports.flatMap((report) => report.facts ?? []);
  const [first] = facts;
  if (!first) return { pod, error: reports[0]!.error, facts: null };
  return { pod, error: null, facts: { ...first, tables: tablesAbove(pod, facts) } };
}

/** Each once: one that is placed before a table that Quiver did not make. */
function tablesAbove(pod: string, facts: readonly PodFacts[]): readonly TableFacts[] {
  const tables = new Map<string, TableFacts>();
  for (const table of facts.flatMap((one) => one.tables)) {
    const { bucket, collection, placement } = table;
    const name = JSON.stringify([bucket, collection]);
    if (tables.get(name)?.placement) continue;
    tables.set(name, { ...table, placement: placement && placementAbove(pod, placement) });
  }
  return [...tables.values()];
}
