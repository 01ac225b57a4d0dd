import type { TableFacts } from '../../subgraphs/report.ts';

/**
 * What the graph of an HNSW index takes while it is built, by pgvector's own structures
 * (`HnswElementData` and `HnswNeighborArray` in src/hnsw.h): an element of about 130 bytes, its
 * vector, and 16 bytes a neighbour, 2m of them on the lowest layer and about m / (m - 1) above.
 */
export function hnswBytes(
  {
    rowsEstimate,
    dimension,
    elementType,
  }: Pick<TableFacts, 'rowsEstimate' | 'dimension' | 'elementType'>,
  m: number,
): number {
  const vectorBytes = 8 + (dimension ?? 0) * (elementType === 'FLOAT16' ? 2 : 4);
  const neighbourBytes = 16 * (2 * m + m / (m - 1));
  return rowsEstimate * (130 + vectorBytes + neighbourBytes);
}

/** A setting with a unit, such as "64MB"; 0 for what is none. */
export function bytesOf(setting: string): number {
  const [, count, unit = ''] = /^(\d+)(\w*)$/.exec(setting) ?? [];
  return Number(count ?? 0) * (unitBytes[unit] ?? 1);
}

/** As PostgreSQL takes it, rounded up. */
export const shownBytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)}MB`;

const unitBytes: Readonly<Record<string, number>> = {
  kB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
};
