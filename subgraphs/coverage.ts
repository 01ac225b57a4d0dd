import { codeOf, errors } from '../schema/errors.ts';
import type { ShardFailure, ShardReport } from './store.ts';

/** A pod that was asked; without an error it answered. */
interface Asked {
  readonly pod: string;
  readonly error?: Error | null;
}

/** How much of the collection answered, as the API shows it. */
export function coverageOf(shards: readonly Asked[]) {
  const failures = shards.flatMap(({ pod, error }) => (error ? [{ pod, error }] : []));
  const answeredCount = shards.length - failures.length;
  return {
    fraction: shards.length === 0 ? 1 : answeredCount / shards.length,
    shardCount: shards.length,
    answeredCount,
    failures: failures.map(presentFailure),
  };
}

/** An error unless enough shards took part; none at all is never enough. */
export function requireCoverage(shards: readonly ShardReport[], needed: number): void {
  const { fraction, answeredCount, shardCount, failures } = coverageOf(shards);
  if (answeredCount > 0 && fraction >= needed) return;
  throw (
    commonFailure(shards) ??
    errors.insufficientCoverage(needed, answeredCount, shardCount, failures)
  );
}

/** All were late, or all have too much to do: that says more than that they were missing. */
function commonFailure(shards: readonly ShardReport[]): Error | null {
  const [first, ...others] = shards.map((shard) => ('error' in shard ? shard.error : null));
  const code = codeOf(first);
  if (code !== 'DEADLINE_EXCEEDED' && code !== 'OVERLOADED') return null;
  return others.every((error) => codeOf(error) === code) ? (first ?? null) : null;
}

/** Messages of the catalogue say nothing of hosts, users or statements; others are not shown. */
function presentFailure({ pod, error }: ShardFailure) {
  const code = codeOf(error) ?? 'INTERNAL_SERVER_ERROR';
  const message = code === 'INTERNAL_SERVER_ERROR' ? 'Something went wrong there.' : error.message;
  return { pod, code, message };
}
