import { codeOf, errors } from '../../schema/errors.ts';
import type { PlacementState } from '../../schema/placement.ts';
import { inPart, remainingMs, type Call } from '../call.ts';
import type { ExactReason, Match, Plan, SearchAnswer, SearchQuery, ShardChange } from '../store.ts';
import { toCounted } from './changes.ts';
import type { Context } from './context.ts';
import type { Statement } from './database.ts';
import { withKnown, type Known } from './known.ts';
import { toMatches, type MatchColumns } from './matches.ts';
import { rememberChoice } from './search-choice.ts';
import { exactly, isFiltered, planSearch, type SearchPlan } from './search-plan.ts';
import { searchStatement } from './sql/search.ts';
import { vectorBytes } from './vector-bytes.ts';

/** The nearest records of this pod: by an index if there is one, and exactly if that falls short. */
export async function search(
  context: Context,
  query: SearchQuery,
  call: Call,
): Promise<SearchAnswer> {
  const startedAt = performance.now();
  const found = await withKnown(context.memory, query, call, (known) =>
    findNearest(context, known, query, call),
  );
  const matches = found.matches.filter(({ key }) => key !== query.exclude);
  return {
    matches: matches.slice(0, query.limit),
    hasMore: matches.length > query.limit,
    shards: [
      {
        pod: context.pod,
        plan: found.plan,
        exactReason: found.exactReason,
        tookMs: performance.now() - startedAt,
        rowCount: Math.min(matches.length, query.limit),
        truncated: found.truncated,
        attempts: 1,
        hedged: false,
        change: found.change,
      },
    ],
    placementVersion: found.version,
  };
}

interface Found {
  readonly version: number;
  readonly plan: Plan;
  readonly exactReason: ExactReason | null;
  readonly matches: readonly Match[];
  readonly change: ShardChange | null;
  /** What the table gave, before rows without a finite distance were left out. */
  readonly rowCount: number;
  readonly truncated: boolean;
}

interface Asked {
  readonly known: Known;
  readonly query: SearchQuery;
  readonly rowsMax: number;
}

async function findNearest(
  context: Context,
  known: Known,
  query: SearchQuery,
  call: Call,
): Promise<Found> {
  const { collection, dimension } = known.collection;
  if (query.vector.length !== dimension) {
    throw errors.dimensionMismatch('near.vector', collection, dimension, query.vector.length);
  }
  // One more than asked shows whether there are more; the excluded record may take a place too.
  const rowsMax = query.limit + 1 + (query.exclude === null ? 0 : 1);
  const asked = { known, query, rowsMax };
  const { efSearch } = context.catalogue;
  const plan = planSearch(query, known, { rowsMax, efSearchHere: efSearch });
  const found = await runPlan(context, asked, plan, call);
  if (found.plan === 'EXACT' || found.rowCount >= rowsMax) return found;
  return (await completely(context, asked, call)) ?? { ...found, truncated: true };
}

/**
 * An exact scan, if there is time; some is left to bring home what the index gave. Not in the
 * statement before: of a large table it is dear enough for the planner to compile the statement,
 * and each search would pay for that.
 */
async function completely(context: Context, asked: Asked, call: Call): Promise<Found | undefined> {
  const timeoutMs = Math.floor(remainingMs(call) * 0.9);
  try {
    return await inPart(call, timeoutMs, (part) =>
      runPlan(context, asked, exactly('INDEX_FELL_SHORT'), part),
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === 'DEADLINE_EXCEEDED' || code === 'OVERLOADED') return undefined;
    throw error;
  }
}

/** One answer; of very many matches some, and the same of the rest in further rows. */
interface SearchRow extends MatchColumns {
  readonly version: number;
  readonly state: PlacementState;
  readonly few: boolean | null;
  /** Only when it was asked for. */
  readonly change?: string | null;
}

async function runPlan(
  { database, pod, catalogue }: Context,
  { known, query, rowsMax }: Asked,
  plan: SearchPlan,
  call: Call,
): Promise<Found> {
  const { placement } = known.collection;
  const counting = query.changes && catalogue.counting;
  const statement = statementFor(query, plan, { known, rowsMax, counting });
  const rows = await database.query<SearchRow>(statement, call);
  const head = rows[0];
  if (!head || head.state === 'dropped') {
    throw errors.collectionNotFound(query.bucket, query.collection);
  }
  // It may be another table by now, of which what we know says nothing: also not how to search it.
  if (head.version !== placement.version) throw errors.stalePlacement(pod, query.collection);
  if (plan.kind === 'index' && plan.choice) rememberChoice(known, plan.choice, head.few === true);
  return {
    version: head.version,
    ...goneBy(plan, head.few),
    matches: toMatches(rows),
    change: toCounted(head.change, known.table.mapping)?.change ?? null,
    rowCount: rows.reduce((sum, { keys }) => sum + (keys?.length ?? 0), 0),
    truncated: false,
  };
}

interface Shape {
  readonly known: Known;
  readonly rowsMax: number;
  readonly counting: boolean;
}

/** Without a filter searches of one shape differ in their vector alone, which is the third value. */
function statementFor(query: SearchQuery, plan: SearchPlan, shape: Shape): Statement {
  const { known, rowsMax, counting } = shape;
  const make = (): Statement =>
    searchStatement(query, plan, { table: known.table, rowsMax, counting });
  if (isFiltered(query)) return make();
  const key = JSON.stringify([plan, rowsMax, counting, query.metric, query.select]);
  const made = known.statements.get(key);
  if (made) return { ...made, values: made.values.with(2, vectorBytes(query.vector)) };
  const statement = make();
  // Without this search's vector, which would stay as long as the collection is known.
  const kept = { ...statement, values: statement.values.with(2, null) };
  if (known.statements.size < statementsMax) known.statements.set(key, kept);
  return statement;
}

/** A text has 1 KB. */
const statementsMax = 100;

/** The way that the shard chose, where it could. */
function goneBy(
  plan: SearchPlan,
  few: boolean | null,
): { readonly plan: Plan; readonly exactReason: ExactReason | null } {
  if (plan.kind === 'exact') return { plan: 'EXACT', exactReason: plan.reason };
  return few
    ? { plan: 'EXACT', exactReason: 'FEW_MATCHES' }
    : { plan: plan.method, exactReason: null };
}
