import { createHash } from 'node:crypto';
import { errors } from '../../schema/errors.ts';
import { remainingMs, type Call } from '../call.ts';
import type { CollectionRef, DropIndex, IndexSpec, ShardIndex } from '../store.ts';
import type { Context } from './context.ts';
import { sqlStateOf } from './database-errors.ts';
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
  await withKnown(memory, spec, call, async ({ collection, table }) => {
    const name = indexName(spec);
    const there = await sameIndexes(context, spec, call);
    const current = there.find(({ state }) => state !== 'INVALID');
    if (current || builds.has(name)) {
      if (!spec.ifNotExists) throw indexExists(spec);
    } else {
      // Leftovers of builds that failed: they cost every write and serve no search.
      for (const leftover of there) await drop(context, spec, leftover.name, call);
      const rows = spec.method === 'IVFFLAT' ? await countRows(context, table, call) : 0;
      const options = { concurrently: context.database.cancellable, rows };
      const statement = createIndexStatement(collection, spec, name, options);
      builds.set(name, build(context, spec, name, context.database.background(statement)));
    }
    await settled(builds.get(name), Math.min(spec.waitMs, remainingMs(call)), call);
  });
}

/** Whether there was one. */
export function dropIndex(context: Context, query: DropIndex, call: Call): Promise<boolean> {
  return withKnown(context.memory, query, call, async () => {
    const there = await sameIndexes(context, query, call);
    for (const { name } of there) await drop(context, query, name, call);
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
  query: DropIndex,
  call: Call,
): Promise<ShardIndex[]> {
  const rows = await database.query<IndexRow>(indexesStatement(query), call);
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

async function countRows({ database }: Context, table: Table, call: Call): Promise<number> {
  const [row] = await database.query<{ count: number }>(countStatement(table, null), call);
  return row!.count;
}

async function drop(
  { database }: Context,
  ref: CollectionRef,
  name: string,
  call: Call,
): Promise<void> {
  await database.query(dropIndexStatement(ref, name, database.cancellable), call);
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

function settled(running: Promise<void> | undefined, waitMs: number, call: Call): Promise<void> {
  if (!running) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, waitMs);
    const stay = call.onAbort(resolve);
    running.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      stay();
    });
  });
}
