import { CommanderError } from 'commander';
import { createProgram } from '../../gateway/cli/program.ts';
import type { Ended } from './run-quiver.ts';

/**
 * Run a command in this process, which is much quicker than one of its own. Its words are caught;
 * it sees no terminal, wherever the tests run. One at a time.
 */
export async function runHere(args: readonly string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const keep = (where: keyof typeof said) => (text: unknown) => {
    said[where] += String(text);
    return true;
  };
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation(keep('stdout')),
    jest.spyOn(process.stderr, 'write').mockImplementation(keep('stderr')),
    jest.spyOn(console, 'error').mockImplementation((text: string) => {
      said.stderr += `${text}\n`;
    }),
  ];
  const terminals = [process.stdout, process.stderr].map(withoutTerminal);
  try {
    await createProgram(rethrow).parseAsync(args, { from: 'user' });
    return { code: Number(process.exitCode), ...said };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { code: error.exitCode, ...said };
  } finally {
    spies.forEach((spy) => spy.mockRestore());
    terminals.forEach((restore) => restore());
    process.exitCode = undefined;
  }
}

function rethrow(error: CommanderError): never {
  throw error;
}

function withoutTerminal(stream: NodeJS.WriteStream): () => void {
  const { isTTY } = stream;
  stream.isTTY = false;
  return () => {
    stream.isTTY = isTTY;
  };
}
