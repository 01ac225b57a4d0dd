import { elementTypes, metrics } from '../../schema/metric.ts';
import type { PodFacts, PodReport, TableFacts } from '../../subgraphs/report.ts';
import {
  anyObject,
  boolean,
  list,
  nullable,
  number,
  object,
  oneOf,
  text,
  type Reader,
} from './reader.ts';
import { failureError, index, placement } from './readers.ts';

const settings: Reader<PodFacts['settings']> = (input) =>
  Object.fromEntries(Object.entries(anyObject(input)).map(([name, value]) => [name, text(value)]));

const table = object<TableFacts>({
  bucket: text,
  collection: text,
  table: text,
  key: text,
  dimension: nullable(number),
  elementType: nullable(oneOf(elementTypes)),
  metric: nullable(oneOf(metrics)),
  rowsEstimate: number,
  canRead: boolean,
  canWrite: boolean,
  keysOrdered: boolean,
  indexes: list(index),
  placement: nullable(placement),
  problem: nullable(text),
});

const facts = object<PodFacts>({
  postgres: text,
  pgvector: nullable(text),
  clockAt: number,
  clockTookMs: number,
  role: text,
  canCreate: boolean,
  closedSchema: nullable(text),
  settings,
  tables: list(table),
});

export const reports = list(
  object<PodReport>({ pod: text, error: nullable(failureError), facts: nullable(facts) }),
);
