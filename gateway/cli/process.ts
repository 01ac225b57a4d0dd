import { pino } from 'pino';

/** Something that was started and can be ended. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * Start, then serve until SIGTERM or SIGINT: requests in flight finish, and the process exits 0. A
 * second signal exits at once. A start that fails says why in its message alone, and exits 1.
 * A promise that fails where nobody looks is logged: one request must not end everybody else's.
 */
export async function serveUntilSignal(start: () => Promise<Closable>): Promise<void> {
  let running: Closable | undefined;
  let stopping = false;

  const stop = async (): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    await running?.close().catch(fail);
    process.exit();
  };
  process.on('unhandledRejection', (error) =>
    createLogger('error').error({ err: error }, 'unexpected error'),
  );
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());

  try {
    running = await start();
  } catch (error) {
    fail(error);
    process.exit();
  }
}

/** Structured lines on stderr: stdout is for what a person asked for. */
export const createLogger = (level: string) =>
  pino({ level, serializers: { err: loggedError, error: loggedError } }, pino.destination(2));

/** `pg` hangs its whole client, with the password, on its errors: no more than this is logged. */
function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? { code: error.code } : {};
  return { name, message, ...code, stack, ...(cause ? { cause: loggedError(cause) } : {}) };
}

function fail(error: unknown): void {
  const detailed = process.env['LOG_LEVEL'] === 'debug' && error instanceof Error;
  const message = error instanceof Error ? error.message : String(error);
  console.error(detailed ? error.stack : message);
  process.exitCode = 1;
}
