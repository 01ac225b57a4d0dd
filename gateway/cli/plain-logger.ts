import type { Logger } from '../../subgraphs/logger.ts';
import { tell } from './output.ts';
import { createLogger } from './process.ts';

/** For a person at a terminal: a line a warning, on stderr. LOG_LEVEL asks for a server's log. */
export function createPlainLogger(): Logger {
  const level = process.env['LOG_LEVEL'];
  if (level !== undefined) return createLogger(level);
  return {
    info() {},
    warn: (details, message) => tell(lineOf(details, message)),
    error: (details, message) => tell(lineOf(details, message)),
  };
}

function lineOf(details: object, message: string): string {
  const pod = 'pod' in details ? `${String(details.pod)}: ` : '';
  const cause = 'err' in details ? details.err : 'error' in details ? details.error : undefined;
  return `${pod}${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
}
