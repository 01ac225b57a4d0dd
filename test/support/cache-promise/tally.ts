import { codeOf, type ErrorCode } from '../../../schema/errors.ts';
import type { CacheOutcome } from '../../../subgraphs/store.ts';

/** What happened in a trial: one in which nothing was cached, or nothing answered, proves nothing. */
export interface Tally {
  answeredBy(outcome: CacheOutcome): void;
  /** Searches. */
  readonly answered: number;
  /** Errors of searches and writes, by code. */
  readonly failures: Partial<Record<ErrorCode, number>>;
  /** Of the searches that were answered. */
  readonly share: (outcome: CacheOutcome) => number;
  /** The answer, or null where the weather is to blame that there is none. */
  allowed<T>(work: Promise<T>): Promise<T | null>;
}

export function createTally(): Tally {
  const outcomes = { HIT: 0, MISS: 0, COALESCED: 0, BYPASS: 0 };
  const failures: Tally['failures'] = {};
  const answered = (): number => Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return {
    answeredBy: (outcome) => void outcomes[outcome]++,
    get answered() {
      return answered();
    },
    share: (outcome) => outcomes[outcome] / answered(),
    failures,
    async allowed(work) {
      try {
        return await work;
      } catch (error) {
        const code = codeOf(error);
        if (!code || !ofWeather.includes(code)) throw error;
        failures[code] = (failures[code] ?? 0) + 1;
        return null;
      }
    },
  };
}

/** Collections are not there while they are dropped and made again. */
const ofWeather: readonly ErrorCode[] = [
  'POD_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'PARTIAL_WRITE',
  'COLLECTION_NOT_FOUND',
];
