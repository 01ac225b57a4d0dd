import { createInterface } from 'node:readline/promises';
import { UsageError } from './failures.ts';

/** Both sides of the conversation with a person. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Returns when a person says yes; where there is nobody to ask, `--yes` has to say so. */
export async function confirm(
  question: string,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (!terminal.input.isTTY || !terminal.output.isTTY) {
    throw new UsageError('--yes must be given where nobody can be asked.');
  }
  const conversation = createInterface(terminal);
  const over = new AbortController();
  // Otherwise a question whose terminal has gone away would never be settled.
  conversation.once('close', () => over.abort());
  const { signal } = over;
  try {
    const answer = await conversation.question(`${question} (yes/no) `, { signal }).catch(() => '');
    if (answer.trim().toLowerCase() !== 'yes') throw new Error('Nothing was done.');
  } finally {
    conversation.close();
  }
}
