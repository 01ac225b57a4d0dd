import type { Finding } from '../../gateway/diagnosis.ts';
import { spreadSlots, type Placement } from '../../schema/placement.ts';
import type { PodFacts, PodReport, TableFacts } from '../../subgraphs/report.ts';
import type { ShardIndex } from '../../subgraphs/store.ts';

export const index = (more: Partial<ShardIndex> = {}): ShardIndex => ({
  name: 'ix',
  method: 'HNSW',
  metric: 'COSINE',
  options: { m: 16 },
  state: 'READY',
  percent: null,
  bytes: 1,
  ...more,
});

export const table = (more: Partial<TableFacts> = {}): TableFacts => ({
  bucket: 'vecs',
  collection: 'docs',
  table: '"vecs"."docs"',
  key: '"id"',
  dimension: 128,
  elementType: 'FLOAT32',
  metric: 'COSINE',
  rowsEstimate: 20_000,
  canRead: true,
  canWrite: true,
  keysOrdered: true,
  indexes: [index()],
  placement: null,
  problem: null,
  ...more,
});

export const placement = (more: Partial<Placement> = {}): Placement => ({
  uid: 'u',
  version: 1,
  state: 'active',
  slots: spreadSlots(['a', 'b']),
  ...more,
});

export const facts = (more: Partial<PodFacts> = {}): PodFacts => ({
  postgres: '17.2 (Debian 17.2-1)',
  pgvector: '0.8.0',
  clockAt: 1_000_000,
  clockTookMs: 2,
  role: 'quiver',
  canCreate: true,
  closedSchema: null,
  settings: { maintenance_work_mem: '64MB', default_transaction_read_only: 'off' },
  tables: [],
  ...more,
});

export const up = (pod: string, more: Partial<PodFacts> = {}): PodReport => ({
  pod,
  error: null,
  facts: facts(more),
});

export const down = (pod: string): PodReport => ({ pod, error: null, facts: null });

export const placed = (more: Partial<Placement> = {}): TableFacts =>
  table({ placement: placement(more), rowsEstimate: 100 });

/** Level, pod and the words of the problem that matter. */
export const brief = ({ level, pod, problem }: Finding) => [level, pod, problem] as const;

export const both = (a: readonly TableFacts[], b: readonly TableFacts[]) => [
  up('a', { tables: a }),
  up('b', { tables: b }),
];
