import type { PodReport } from '../subgraphs/report.ts';
import type { TableMapping } from '../subgraphs/postgres/table.ts';
import type { CollectionRef } from '../subgraphs/store.ts';
import { collectionFindings } from './diagnosis/collections.ts';
import { betweenPods, podFindings } from './diagnosis/pods.ts';

export const levels = ['error', 'warning', 'note'] as const;

/** An error keeps something from working, a warning will; a note is worth knowing. */
export type Level = (typeof levels)[number];

/** Something that is wrong, and what to do about it. */
export interface Finding {
  readonly level: Level;
  /** null: it is between pods. */
  readonly pod: string | null;
  /** What it is about: a pod, a setting, a collection. */
  readonly subject: string;
  readonly problem: string;
  /** null: the problem says what to do. */
  readonly advice: string | null;
}

/** What the configuration says of a collection, as far as it can be wrong. */
export interface Expected extends CollectionRef {
  readonly pods: readonly string[] | null;
  readonly mapping: Pick<TableMapping, 'schema' | 'table'> | null;
}

/** What is wrong with pods and what they hold, the worst first. */
export function diagnose(
  reports: readonly PodReport[],
  expected: readonly Expected[] = [],
): readonly Finding[] {
  const findings = [
    ...reports.flatMap(podFindings),
    ...betweenPods(reports),
    ...collectionFindings(reports, expected),
  ];
  return findings.sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
}
