import { startCall } from '../../subgraphs/call.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { diagnose, type Expected, type Finding } from '../diagnosis.ts';

const diagnosisMsMax = 5_000;

/**
 * Tell the log, beside whatever else begins, what is wrong with the pods of a gateway that starts.
 * It holds nothing up: what it cannot find out in time is not told.
 */
export function logDiagnosis(options: {
  readonly store: VectorStore;
  readonly collections: readonly Expected[];
  readonly logger: Logger;
}): { close(): Promise<void> } {
  const { store, collections, logger } = options;
  const call = startCall({ timeoutMs: diagnosisMsMax, requestId: 'start' });
  const ended = store
    .report(call)
    .then((reports) => {
      // The log has silent pods already.
      diagnose(reports, collections)
        .filter(({ pod, subject }) => pod !== subject)
        .forEach((finding) => tell(logger, finding));
    })
    .catch((error: unknown) => {
      if (!call.aborted) logger.warn({ err: error }, 'the pods could not be examined');
    })
    .finally(() => call.end());

  return {
    async close() {
      call.abort();
      await ended;
    },
  };
}

function tell(logger: Logger, { level, problem, ...details }: Finding): void {
  if (level === 'error') logger.error(details, problem);
  if (level === 'warning') logger.warn(details, problem);
}
