import type { Call } from '../call.ts';
import type { CountQuery, FetchQuery, ScanPage, ScanQuery, StoredRecord } from '../store.ts';
import type { Context } from './context.ts';
import { withKnown } from './known.ts';
import { toRecord, toScanned, type RecordRow, type ScannedRow } from './rows.ts';
import { countStatement, fetchStatement, scanStatement } from './sql/records.ts';

export function fetchRecords(
  { database, memory }: Context,
  query: FetchQuery,
  call: Call,
): Promise<readonly (StoredRecord | null)[]> {
  return withKnown(memory, query, call, async ({ table }) => {
    const rows = await database.query<RecordRow>(fetchStatement(table, query), call);
    const byKey = new Map(rows.map((row) => [row.key, toRecord(row)]));
    return query.keys.map((key) => byKey.get(key) ?? null);
  });
}

export function scanRecords(
  { database, memory }: Context,
  query: ScanQuery,
  call: Call,
): Promise<ScanPage> {
  return withKnown(memory, query, call, async ({ table }) => {
    const rows = await database.query<ScannedRow>(scanStatement(table, query), call);
    return {
      records: rows.slice(0, query.limit).map(toScanned),
      hasMore: rows.length > query.limit,
    };
  });
}

export function countRecords(
  { database, memory }: Context,
  query: CountQuery,
  call: Call,
): Promise<number> {
  return withKnown(memory, query, call, async ({ table }) => {
    const statement = countStatement(table, query.filter);
    const [row] = await database.query<{ count: number }>(statement, call);
    return row!.count;
  });
}
