import { createHash } from 'node:crypto';
import { errors } from '../../schema/errors.ts';
import { remainingMs, type Call } from '../call.ts';
import type { DropIndex, IndexSpec, ShardIndex } from '../store.ts';
import type { Context } from './context.ts';
import { sqlStateOf } from './database-errors.ts';
import type { Settings } from './database.ts';
import { withKnown } from './known.ts';
import { toIndexes, type IndexRow } from './rows.ts';
import { createIndexStatement, dropIndexStatement, indexesStatement } from './sql/indexes.ts';
import { countStatement } from './sql/records.ts';
import type { Table } from './table.ts';

/**
 * Starts the build, unless there is such an index, and waits for it for `waitMs` at most. The build
 * goes on after that and after the call; what it fails of then is logged.
 */
export async function createIndex(context: Context, spec: IndexSpec, call: Call): Promise<void> {
  const { memory, builds } = context;
  await withKnown(memory, spec, call, async ({ table }) => {
    const name = indexName(spec);
    const there = await sameIndexes(context, table, spec, call);
    const current = there.find(({ state }) => state !== 'INVALID');
    if (current || builds.has(name)) {
      if (!spec.ifNotExists) throw indexExists(spec);
      if (current) checkSame(spec, current);
    } else {
      // Leftovers of builds that failed: they cost every write and serve no search.
      for (const leftover of there) await drop(context, table, leftover.name, call);
      const rows = spec.method === 'IVFFLAT' ? await countRows(context, table, call) : 0;
      const options = { concurrently: context.database.cancellable, rows };
      const statement = createIndexStatement(table, spec, name, options);
      const running = context.database.background(statement, settingsOf(spec), table.name);
      builds.set(name, build(context, spec, name, running));
    }
    const building = builds.get(name);
    if (building && (await ends(building, Math.min(spec.waitMs, remainingMs(call)), call))) {
      await requireValid(context, table, spec, call);
    }
  });
}

/** Whether there was one. */
export function dropIndex(context: Context, query: DropIndex, call: Call): Promise<boolean> {
  return withKnown(context.memory, query, call, async ({ table }) => {
    const there = await sameIndexes(context, table, query, call);
    // It would wait for the build, and the build for it.
    if (there.some(({ state }) => state === 'BUILDING')) throw indexBuilding(query);
    for (const { name } of there) await drop(context, table, name, call);
    context.memory.forget(query);
    return there.length > 0;
  });
}

const DUPLICATE_INDEX = '42P07';

/** One index a method and metric; the name is short and the same in every process. */
function indexName({ bucket, collection, method, metric }: IndexSpec): string {
  const words = JSON.stringify([bucket, collection]);
  const hash = createHash('sha1').update(words).digest('hex').slice(0, 12);
  return `quiver_${hash}_${method}_${metric}`.toLowerCase();
}

/** Those of the method, and of the metric if one is given; whoever made them. */
async function sameIndexes(
  { database }: Context,
  table: Table,
  query: DropIndex,
  call: Call,
): Promise<ShardIndex[]> {
  const rows = await database.query<IndexRow>(indexesStatement(table), call);
  return toIndexes(rows).filter(
    ({ method, metric }) =>
      method === query.method && (query.metric === null || metric === query.metric),
  );
}

const indexExists = ({ collection, method, metric }: IndexSpec): Error =>
  errors.badRequest(
    'input.ifNotExists',
    `Collection "${collection}" must have no ${method} index of ${metric} to be given one; it has.`,
  );

const indexBuilding = ({ collection, method }: DropIndex): Error =>
  errors.badRequest(
    'method',
    `The ${method} index of "${collection}" must be complete to be dropped; it is being built.`,
  );

/** A build of another process may have been faster, and have failed. */
async function requireValid(
  context: Context,
  table: Table,
  spec: IndexSpec,
  call: Call,
): Promise<void> {
  const made = await sameIndexes(context, table, spec, call);
  if (made.some(({ state }) => state === 'READY')) return;
  throw errors.podUnavailable(
    context.pod,
    `could not complete the ${spec.method} index of "${spec.collection}"`,
  );
}

/** An option that is not given accepts whatever the index has. */
function checkSame(spec: IndexSpec, { options }: ShardIndex): void {
  for (const option of ['m', 'efConstruction', 'lists'] as const) {
    const given = spec[option];
    const there = Number(options[option] ?? pgvectorDefaults[option]);
    if (given === null || given === there) continue;
    throw errors.badRequest(
      `input.${option}`,
      `input.${option} must be left out or ${there}, as the ${spec.method} index of ${spec.metric} of "${spec.collection}" has it; got ${given}. For another index drop this one first.`,
    );
  }
}

/** What an index has that was made without options. */
const pgvectorDefaults = { m: 16, efConstruction: 64, lists: 100 };

const settingsOf = ({ maintenanceWorkMem }: IndexSpec): Settings =>
  maintenanceWorkMem === null ? {} : { maintenance_work_mem: maintenanceWorkMem };

async function countRows({ database }: Context, table: Table, call: Call): Promise<number> {
  const [row] = await database.query<{ count: number }>(countStatement(table, null), call);
  return row!.count;
}

async function drop({ database }: Context, table: Table, name: string, call: Call): Promise<void> {
  await database.query(dropIndexStatement(table, name, database.cancellable), call);
}

/** The build's end. Its failure is the caller's while one waits; the log has it always. */
function build(
  { builds, memory, logger, pod }: Context,
  ref: IndexSpec,
  name: string,
  running: Promise<void>,
): Promise<void> {
  const ended = running
    .catch((error: unknown) => {
      // Another process was faster with the same index.
      if (sqlStateOf(error) === DUPLICATE_INDEX) return;
      logger.error({ pod, collection: ref.collection, error }, 'index build failed');
      throw error;
    })
    .finally(() => {
      builds.delete(name);
      memory.forget(ref);
    });
  ended.catch(() => undefined);
  return ended;
}

/** Whether it ended well in that time. */
function ends(running: Promise<void>, waitMs: number, call: Call): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), waitMs);
    const stay = call.onAbort(() => resolve(false));
    const done = running.then(() => resolve(true), reject);
    void done.finally(() => {
      clearTimeout(timer);
      stay();
    });
  });
}
