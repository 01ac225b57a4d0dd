import type { Command } from 'commander';
import { codeOf } from '../../schema/errors.ts';
import { startCall } from '../../subgraphs/call.ts';
import type { PodFacts, PodReport } from '../../subgraphs/report.ts';
import { diagnose, type Finding } from '../diagnosis.ts';
import { toError } from '../scatter.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { runCommand } from './failures.ts';
import { notServed } from './graph.ts';
import {
  sourceOf,
  storeOptions,
  withStore,
  type OpenedStore,
  type Source,
  type StoreOptions,
} from './open-store.ts';
import { counted, print, printJson, printTable, type Column } from './output.ts';

export function addDoctor(program: Command): void {
  storeOptions(program.command('doctor'))
    .description('look at every pod and what it holds, and say what is wrong and what to do')
    .option('--json', 'pods, with all that they say of themselves, and findings')
    .addHelpText('after', exitCodesOfDoctor)
    .action((options: DoctorOptions) => doctorCommand(options));
}

export interface DoctorOptions extends StoreOptions {
  readonly json?: boolean;
}

const exitCodesOfDoctor = `
Exit codes:
  0    nothing is wrong; there may be notes
  1    there are warnings
  2    there are errors, or nothing could be looked at`;

const found = { nothing: exitCodes.ok, warnings: 1, errors: 2 } as const;

/** `quiver doctor`: the pods' reports and their diagnosis. */
export async function doctorCommand(options: DoctorOptions): Promise<void> {
  let exitCode: ExitCode = found.errors;
  await runCommand(options, async () => {
    const source = sourceOf(options);
    const look = (opened: OpenedStore) => examine(opened, source);
    const { reports, findings } = await withStore(options, look, { diagnosing: true });
    if (options.json) printJson({ pods: reports.map(toJson), findings });
    else present(reports, findings);
    exitCode = exitCodeOf(findings);
  });
  process.exitCode = exitCode;
}

/** A pod that is frozen and not down takes all of it. */
const examinationMsMax = 15_000;

interface Examination {
  readonly reports: readonly PodReport[];
  readonly findings: readonly Finding[];
}

async function examine({ store, config }: OpenedStore, source: Source): Promise<Examination> {
  const call = startCall({ timeoutMs: examinationMsMax, requestId: 'doctor' });
  try {
    const reports = await store.report(call).catch((error: unknown) => {
      if (source.kind === 'url' && isSilent(error)) throw notServed(source.url, 'it says nothing');
      // One server that does not answer is a pod that does not.
      return config.pods.map(({ name }) => ({ pod: name, error: toError(error), facts: null }));
    });
    return { reports, findings: diagnose(reports, config.collections) };
  } finally {
    call.end();
  }
}

const isSilent = (error: unknown): boolean => codeOf(error) === 'POD_UNAVAILABLE';

function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ level }) => level === 'error')) return found.errors;
  return findings.some(({ level }) => level === 'warning') ? found.warnings : found.nothing;
}

const toJson = ({ pod, error, facts }: PodReport) => ({
  pod,
  error: error && { message: error.message, code: codeOf(error) },
  facts,
});

function present(reports: readonly PodReport[], findings: readonly Finding[]): void {
  printTable(reports, columns);
  print('');
  for (const { level, pod, subject, problem, advice } of findings) {
    const place = pod === null || pod === subject ? subject : `${subject} on ${pod}`;
    print(`${level.padEnd(9)}${place}: ${problem}`);
    if (advice !== null) print(`${' '.repeat(9)}${advice}`);
  }
  print(summaryOf(findings));
}

function summaryOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing is wrong.';
  const count = (level: string): number => findings.filter((one) => one.level === level).length;
  const parts = [
    counted(count('error'), 'error'),
    counted(count('warning'), 'warning'),
    counted(count('note'), 'note'),
  ];
  return `\n${parts.join(', ')}`;
}

const fact =
  (of: (facts: PodFacts) => string | number | null) =>
  ({ facts }: PodReport) =>
    facts && of(facts);

const tablesOf = ({ tables }: PodFacts) =>
  tables.filter(({ placement }) => placement?.state !== 'dropped');

const columns: readonly Column<PodReport>[] = [
  { title: 'POD', cell: ({ pod }) => pod },
  // Debian adds its own version to it.
  { title: 'POSTGRESQL', cell: fact(({ postgres }) => postgres.split(' ')[0] ?? postgres) },
  { title: 'PGVECTOR', cell: fact(({ pgvector }) => pgvector ?? 'none') },
  { title: 'ROLE', cell: fact(({ role }) => role) },
  { title: 'TABLES', align: 'right', cell: fact((facts) => tablesOf(facts).length) },
  {
    title: 'ROWS, ABOUT',
    align: 'right',
    cell: fact((facts) =>
      tablesOf(facts).reduce((sum, { rowsEstimate }) => sum + Math.round(rowsEstimate), 0),
    ),
  },
  {
    title: 'MAINTENANCE_WORK_MEM',
    align: 'right',
    cell: fact(({ settings }) => settings['maintenance_work_mem'] ?? null),
  },
];
