import type { Logger } from '../../subgraphs/logger.ts';
import { tell } from './output.ts';
import { createLogger } from './process.ts';

/**
 * For a person at a terminal: a line a warning, on stderr. A pod that fails in the same way again is
 * no news until it has answered. LOG_LEVEL asks for a server's log.
 */
export function createPlainLogger(): Logger {
  const level = process.env['LOG_LEVEL'];
  if (level !== undefined) return createLogger(level);
  const causes = new Map<string, string>();

  function warn(details: object, message: string): void {
    const pod = podOf(details);
    const cause = causeOf(details);
    const before = causes.get(pod);
    if (before !== undefined && (cause === '' || cause === before)) return;
    if (pod !== '') causes.set(pod, cause);
    tell(`${pod && `${pod}: `}${message}${cause && ` (${cause})`}`);
  }

  return { info: (details) => void causes.delete(podOf(details)), warn, error: warn };
}

const podOf = (details: object): string => ('pod' in details ? String(details.pod) : '');

function causeOf(details: object): string {
  const cause = 'err' in details ? details.err : 'error' in details ? details.error : undefined;
  return cause instanceof Error ? cause.message : '';
}
