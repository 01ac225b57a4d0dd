import type { SearchAnswer } from '../../../subgraphs/store.ts';
import { during } from '../store-calls.ts';
import { podNames } from '../subjects.ts';
import type { Look } from './operation.ts';
import { queryFor, questions } from './questions.ts';
import type { Shelf } from './shelf.ts';
import type { Tally } from './tally.ts';
import type { World } from './world.ts';

/** Searches as it was planned, and throws what is wrong with the answer. */
export async function look(
  operation: Look,
  shelf: Shelf,
  world: World,
  tally: Tally,
): Promise<void> {
  const { gateway, timeoutMs } = operation;
  const question = questions[operation.question]!;
  const query = queryFor(shelf.ref, question);
  const { store } = world.gateways[gateway]!;

  const begunAt = performance.now();
  const answer = await tally.allowed(during((call) => store.search(query, call), timeoutMs));
  const endedAt = performance.now();
  if (!answer) return;

  const { outcome, ageMs } = answer.cache ?? { outcome: 'BYPASS', ageMs: null };
  tally.answeredBy(outcome);
  const { matches } = answer;
  const wrong = shelf.model.wrongWith({
    begunAt,
    endedAt,
    question,
    matches,
    isWhole: isWhole(answer),
    ageMs,
  });
  if (wrong)
    throw new Error(`${JSON.stringify(operation)} (${outcome}, ${ageMs} ms old): ${wrong}`);
}

const isWhole = ({ shards }: SearchAnswer): boolean =>
  shards.length === podNames.length &&
  shards.every((shard) => !('error' in shard) && !shard.truncated);
