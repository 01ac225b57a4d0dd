#!/usr/bin/env node
import './production.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

const program = createProgram(({ exitCode }) =>
  process.exit(exitCode === 0 ? exitCodes.ok : exitCodes.usage),
);

// Whoever reads our answers may have read enough, as `head` does.
process.stdout.on('error', () => process.exit(exitCodes.failed));
await program.parseAsync();
