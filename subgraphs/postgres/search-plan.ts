import type { Plan, SearchQuery, ShardIndex } from '../store.ts';

/** How a search goes about it, and the settings that pgvector needs for that. */
export interface SearchPlan {
  readonly plan: Plan;
  readonly settings: Readonly<Record<string, string>>;
}

export const exactPlan: SearchPlan = { plan: 'EXACT', settings: {} };

/** `rowsMax` is how many rows the search will ask the table for. */
export function planSearch(
  query: SearchQuery,
  table: { readonly indexes: readonly ShardIndex[]; readonly rowsEstimate: number },
  rowsMax: number,
): SearchPlan {
  if (query.mode === 'EXACT') return exactPlan;
  if (query.mode === 'AUTO' && table.rowsEstimate < smallTableRows) return exactPlan;
  const usable = table.indexes.filter((i) => i.metric === query.metric && i.state === 'READY');
  const index = usable.find(({ method }) => method === 'HNSW') ?? usable[0];
  if (!index) return exactPlan;

  const iterative = query.filter !== null || rowsMax > efSearchMax ? 'relaxed_order' : 'off';
  return index.method === 'HNSW'
    ? hnsw(query, rowsMax, iterative)
    : ivfflat(query, index, iterative);
}

/** Below this an exact scan is as fast as the index, and complete. */
const smallTableRows = 1_000;
const efSearchMax = 1_000;
const efSearchDefault = 40;
const efSearchFiltered = 100;
const probesMax = 32_768;

/**
 * An HNSW scan gives no more rows than its `ef_search`, unless it is iterative. Where the database's
 * own setting is enough it stands: setting it costs 0.02 ms a shard, of 0.27.
 */
function hnsw({ efSearch, filter }: SearchQuery, rowsMax: number, iterative: string): SearchPlan {
  if (efSearch === null && filter === null && rowsMax <= efSearchDefault) {
    return { plan: 'HNSW', settings: {} };
  }
  const wanted = efSearch ?? (filter ? efSearchFiltered : efSearchDefault);
  const efSearchUsed = Math.min(efSearchMax, Math.max(wanted, rowsMax));
  return {
    plan: 'HNSW',
    settings: { 'hnsw.ef_search': String(efSearchUsed), 'hnsw.iterative_scan': iterative },
  };
}

function ivfflat({ probes }: SearchQuery, index: ShardIndex, iterative: string): SearchPlan {
  const wanted = probes ?? Math.round(Math.sqrt(Number(index.options['lists'] ?? 100)));
  const probesUsed = Math.min(probesMax, Math.max(1, wanted));
  return {
    plan: 'IVFFLAT',
    settings: { 'ivfflat.probes': String(probesUsed), 'ivfflat.iterative_scan': iterative },
  };
}
