import { filterToJson } from '../schema/filter-json.ts';
import { parseFilter } from '../schema/filter-parser.ts';
import type { Limits } from '../schema/limits.ts';
import { vectorToBase64 } from '../schema/vector.ts';
import { readCount } from './arguments.ts';
import type { ScannedRecord, ScanPage, ScanQuery } from './store.ts';

/** A scan between a gateway and a pod, as searches are: one JSON value each way, in columns. */
export function scanToWire({ filter, ...rest }: ScanQuery) {
  return { ...rest, filter: filter && filterToJson(filter) };
}

/** Gateways are ours and have judged the scan: only what could do harm is looked at again. */
export function scanFromWire(input: ScanWire, limits: Limits): ScanQuery {
  const page = { fallback: 100, min: 1, max: limits.pageMax, what: 'records in a page' };
  return {
    ...input,
    limit: readCount('first', input.limit, page),
    filter: parseFilter(input.filter, { argument: 'filter', limits }),
  };
}

export type ScanWire = ReturnType<typeof scanToWire>;

/** Columns that no record has are null. In tables that are not ours a record may have no vector. */
export const pageToWire = ({ records, hasMore }: ScanPage) => ({
  hasMore,
  keys: records.map(({ key }) => key),
  values: column(records, ({ position }) => (position.values.length > 0 ? position.values : null)),
  metadata: column(records, ({ metadata }) => metadata ?? null),
  vectors: column(records, ({ vector }) => vector && vectorToBase64(vector)),
});

function column<T>(records: readonly ScannedRecord[], of: (record: ScannedRecord) => T) {
  const cells = records.map((record) => of(record) ?? null);
  return cells.some((cell) => cell !== null) ? cells : null;
}
