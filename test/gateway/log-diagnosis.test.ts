import { logDiagnosis } from '../../gateway/diagnosis/log-diagnosis.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import type { PodFacts, PodReport } from '../../subgraphs/report.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

const facts: PodFacts = {
  postgres: '17.2',
  pgvector: '0.8.0',
  clockAt: 0,
  clockTookMs: 0,
  role: 'quiver',
  canCreate: false,
  closedSchema: null,
  settings: {},
  tables: [],
};

type Lines = (readonly [level: string, message: string])[];

function logOf(report: () => Promise<readonly PodReport[]>) {
  const lines: Lines = [];
  const keep = (level: string) => (_details: object, message: string) =>
    void lines.push([level, message]);
  const logger: Logger = { info: keep('info'), warn: keep('warn'), error: keep('error') };
  const { store } = createStubService({ report });
  return { lines, diagnosis: logDiagnosis({ store, collections: [], logger }) };
}

/** What the diagnosis of reports that are there leaves in the log. */
async function linesOf(reports: readonly PodReport[]): Promise<Lines> {
  const { lines, diagnosis } = logOf(async () => reports);
  await diagnosis.close();
  return lines;
}

test('a gateway that starts logs errors and warnings, and no notes', async () => {
  const reports = [
    { pod: 'a', error: null, facts },
    { pod: 'b', error: null, facts: { ...facts, pgvector: '0.7.0' } },
  ];

  expect(await linesOf(reports)).toEqual([
    ['error', 'It must be 0.8 or newer; this is 0.7.0.'],
    ['warn', 'Its version differs between pods: 0.8.0 on a, 0.7.0 on b.'],
  ]);
});

test('healthy pods, and silent ones, of which the log knows, are no lines', async () => {
  expect(
    await linesOf([
      { pod: 'a', error: null, facts },
      { pod: 'b', error: new Error('is down'), facts: null },
    ]),
  ).toEqual([]);
});

test('pods that cannot be examined are one line, and no failure', async () => {
  const { lines, diagnosis } = logOf(() => Promise.reject(new Error('broken')));

  await new Promise((resolve) => setImmediate(resolve));
  await diagnosis.close();
  expect(lines).toEqual([['warn', 'the pods could not be examined']]);
});

test('a gateway that closes does not wait for pods that do not answer', async () => {
  const { store } = createStubService({
    report: (call) => new Promise((_, reject) => call.onAbort(() => reject(new Error('aborted')))),
  });
  const logger = createMemoryLogger();

  await logDiagnosis({ store, collections: [], logger }).close();
  expect(logger.lines).toEqual([]);
});
