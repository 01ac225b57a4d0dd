import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { buildSchema, findBreakingChanges, findDangerousChanges, printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { runCommand, UsageError } from './failures.ts';
import { sourceOf } from './open-store.ts';
import { counted, print, printJson, printTable, type Column } from './output.ts';
import type { SchemaSource } from './schema-source.ts';

/** `quiver schema ...`: what a configuration would serve, without its databases. */
export function addSchema(program: Command): void {
  const group = program.command('schema').description('the GraphQL schema: print it, or compare');
  addPrint(group);
  addCheck(group);
}

interface SourceOptions {
  readonly config?: string;
  readonly url?: string;
}

export interface PrintOptions extends SourceOptions {
  readonly subgraph?: boolean;
  readonly supergraph?: boolean;
}

function addPrint(group: Command): void {
  sourceOptions(group.command('print'))
    .description('print the schema as SDL')
    .addOption(
      new Option('--api', 'what clients see at /graphql (default)').conflicts([
        'subgraph',
        'supergraph',
      ]),
    )
    .addOption(
      new Option('--subgraph', "what other teams' routers get at /subgraph").conflicts(
        'supergraph',
      ),
    )
    .option('--supergraph', 'all subgraphs composed, for a router of your own')
    .action((options: PrintOptions) => runCommand({}, () => printCommand(options)));
}

/** `quiver schema print` */
export async function printCommand(options: PrintOptions): Promise<void> {
  const source = await openSource(options);
  if (options.subgraph) return printSdl(await source.subgraph());
  if (options.supergraph) return printSdl(await source.supergraph());
  return printSdl(printSchema(await source.api()));
}

const printSdl = (sdl: string): void => void process.stdout.write(`${sdl.trim()}\n`);

export interface CheckOptions extends SourceOptions {
  readonly against: string;
  readonly json?: boolean;
}

function addCheck(group: Command): void {
  sourceOptions(group.command('check'))
    .description('what a client of the other schema would notice of this one')
    .requiredOption('--against <place>', "a running gateway's URL, or a file of `schema print`")
    .option('--json', 'the changes as lists')
    .addHelpText('after', exitCodesOfCheck)
    .action((options: CheckOptions) => runCommand(options, () => checkCommand(options)));
}

const exitCodesOfCheck = `
Exit codes:
  0    nothing breaks; there may be dangerous changes
  1    there are breaking changes, or nothing could be compared; stderr says why
  2    the command line, or a value in it, is wrong`;

/** `quiver schema check`: the changes that graphql-js knows to break clients, or to surprise them. */
export async function checkCommand(options: CheckOptions): Promise<ExitCode> {
  const source = await openSource(options);
  const before = await readOther(options.against);
  const after = await source.api();
  const breaking = findBreakingChanges(before, after);
  const dangerous = findDangerousChanges(before, after);
  if (options.json) printJson({ breaking, dangerous });
  else {
    present([
      ...breaking.map((change) => ({ ...change, level: 'breaking' })),
      ...dangerous.map((change) => ({ ...change, level: 'dangerous' })),
    ]);
  }
  return breaking.length > 0 ? exitCodes.failed : exitCodes.ok;
}

interface Change {
  readonly level: string;
  readonly type: string;
  readonly description: string;
}

function present(changes: readonly Change[]): void {
  if (changes.length === 0) return print('Nothing breaks, and nothing is dangerous.');
  printTable(changes, columns);
  const count = (level: string): number => changes.filter((one) => one.level === level).length;
  const breaking = counted(count('breaking'), 'breaking change');
  return print(`\n${breaking}, ${counted(count('dangerous'), 'dangerous one')}`);
}

const columns: readonly Column<Change>[] = [
  { title: 'LEVEL', cell: ({ level }) => level },
  { title: 'CHANGE', cell: ({ type }) => type },
  { title: 'DESCRIPTION', cell: ({ description }) => description },
];

function sourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--config <file>', 'a gateway configuration; its databases are not needed'),
    )
    .addOption(
      new Option('--url <url>', `a running gateway (default: ${served})`)
        .argParser(httpUrl)
        .conflicts('config'),
    );
}

function httpUrl(text: string): string {
  if (isHttpUrl(text)) return text;
  throw new InvalidArgumentError('It must be an http URL.');
}

const isHttpUrl = (text: string): boolean => /^https?:/.test(text) && URL.canParse(text);

/** Composition and the like are loaded when they are needed: they cost half a second. */
async function openSource(options: SourceOptions): Promise<SchemaSource> {
  const { configuredSchemas, servedSchemas } = await import('./schema-source.ts');
  const source = sourceOf(options);
  if (source.kind === 'config') return configuredSchemas(source.file);
  return servedSchemas(options.url ?? served);
}

/** Where `npm start` serves. */
const served = 'http://127.0.0.1:4000';

async function readOther(place: string): Promise<GraphQLSchema> {
  if (isHttpUrl(place)) return (await import('./schema-source.ts')).servedSchemas(place).api();
  const text = await readFile(place, 'utf8').catch((error: unknown) => {
    const needed = `--against must be a URL or a file that can be read; got ${place}.`;
    throw new UsageError(needed, { cause: error });
  });
  try {
    return asApi(buildSchema(text));
  } catch (error) {
    const came = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UsageError(`${place} must be as \`quiver schema print --api\` prints it; ${came}`, {
      cause: error,
    });
  }
}

/** Compared with an API, everything that only routers know would be a breaking change. */
function asApi(schema: GraphQLSchema): GraphQLSchema {
  if (!schema.getDirective('link')) return schema;
  throw new Error('it is a subgraph or a supergraph.');
}
