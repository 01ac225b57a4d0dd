#!/usr/bin/env node
import './production.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

const program = createProgram(({ exitCode }) =>
  process.exit(exitCode === 0 ? exitCodes.ok : exitCodes.usage),
);

// `npm run quiver` goes to the package's folder; a path is meant from where somebody typed it.
const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env;
if (script === 'quiver' && folder) process.chdir(folder);

// Whoever reads our answers may have read enough, as `head` does.
process.stdout.on('error', () => process.exit(exitCodes.failed));
await program.parseAsync();
