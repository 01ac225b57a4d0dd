import type { Logger } from '../../subgraphs/logger.ts';
import { tell } from './output.ts';
import { createLogger } from './process.ts';

/**
 * For a person at a terminal: a line a warning, on stderr. A pod that fails in the same way again is
 * no news until it has answered. With `news` also what went well and is about no pod, such as a
 * change of the schema. LOG_LEVEL asks for a server's log.
 */
export function createPlainLogger({ news = false } = {}): Logger {
  const level = process.env['LOG_LEVEL'];
  if (level !== undefined) return createLogger(level);
  const causes = new Map<string, string>();

  function warn(details: object, message: string): void {
    const pod = podOf(details);
    const cause = causeOf(details);
    const before = causes.get(pod);
    if (before !== undefined && (cause === '' || cause === before)) return;
    if (pod !== '') causes.set(pod, cause);
    tell(`${aboutOf(details, message)}${message}${cause && ` (${cause})`}`);
  }

  function info(details: object, message: string): void {
    causes.delete(podOf(details));
    if (news && podOf(details) === '' && message !== '') {
      tell(`${aboutOf(details, message)}${message}`);
    }
  }

  return { info, warn, error: warn };
}

/** Whom or what a line is about: a pod, or a place in a file if the message does not say so. */
function aboutOf(details: object, message: string): string {
  const { file, line } = details as { readonly file?: string; readonly line?: number };
  const about = file === undefined ? podOf(details) : `${file}:${line}`;
  return about === '' || message.startsWith(about) ? '' : `${about}: `;
}

const podOf = (details: object): string => ('pod' in details ? String(details.pod) : '');

function causeOf(details: object): string {
  const cause = 'err' in details ? details.err : 'error' in details ? details.error : undefined;
  if (cause instanceof Error) return cause.message;
  // Why a pod does not answer is told to those who asked it.
  return 'reason' in details && podOf(details) === '' ? String(details.reason) : '';
}
