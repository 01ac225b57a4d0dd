import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../gateway/diagnosis.ts';
import { onReal } from '../support/databases.ts';
import { createFreshDatabase, type FreshDatabase } from '../support/fresh-database.ts';
import { runQuiver, type Ended } from '../support/run-quiver.ts';
import { openGatewayServer } from '../support/subjects.ts';

const folder = mkdtempSync(join(tmpdir(), 'quiver-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  readonly pods: readonly {
    readonly pod: string;
    readonly error: unknown;
    readonly facts: object;
  }[];
  readonly findings: readonly Finding[];
}

async function findingsOf(args: readonly string[]): Promise<readonly [Ended['code'], string[]]> {
  const { code, stdout, stderr } = await runQuiver(['doctor', ...args, '--json']);
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as Answer;
  return [code, findings.map(({ level, pod, subject }) => `${level} ${pod ?? '-'} ${subject}`)];
}

const docs = (type: string): string =>
  `create table vecs.docs (id varchar collate "C" primary key, vec ${type} not null,
    metadata jsonb not null default '{}')`;

describe('over databases', () => {
  let databases: readonly FreshDatabase[];
  beforeEach(async () => {
    databases = await Promise.all([createFreshDatabase(), createFreshDatabase()]);
    for (const database of databases) {
      await database.run('create extension vector', 'create schema vecs');
    }
  });
  afterEach(() => Promise.all(databases.map((database) => database.drop())));

  const all = (): string[] => databases.flatMap(({ url }) => ['--database', url]);

  onReal('healthy pods exit with 0', async () => {
    await databases[0]!.run(docs('vector(2)'));

    const { code, stdout, stderr } = await runQuiver(['doctor', ...all()]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [titles, first, second, , summary] = stdout.split('\n');
    expect(titles).toMatch(/^POD +POSTGRESQL +PGVECTOR +ROLE +TABLES/);
    expect(first).toMatch(/^pod-a +\d+\S* +0\.\d+\.\d+ +postgres +1 /);
    expect(second).toMatch(/^pod-b .* 0 /);
    expect(summary).toBe('Nothing is wrong.');
  });

  onReal('a warning exits with 1, and says what to do', async () => {
    for (const database of databases) await database.run(docs('vector(2)'));

    const { code, stdout } = await runQuiver(['doctor', ...all()]);

    expect(code).toBe(1);
    expect(stdout).toContain(
      'warning  vecs.docs: It is a table that Quiver did not make, on pod-a and pod-b',
    );
    expect(stdout).toContain('         Name one pod for it in the configuration (pods: [pod-a])');
    expect(stdout).toContain('0 errors, 1 warning, 0 notes');
  });

  onReal('faults are found, the worst first, and exit with 2', async () => {
    const [a, b] = databases;
    await a!.run(
      docs('vector(2)'),
      `create table vecs.large (id varchar primary key, vec vector(2), metadata jsonb)`,
      `insert into vecs.large select n::text || 'é', array[n, 1]::vector, '{}' from generate_series(1, 12000) n`,
      `create index bad on vecs.large using hnsw (vec vector_l2_ops)`,
      `update pg_index set indisvalid = false where indexrelid = 'vecs.bad'::regclass`,
      `create table vecs.shapeless (id varchar primary key, vec vector, metadata jsonb)`,
      'analyze vecs.large',
    );
    await b!.run(docs('vector(3)'));
    const file = join(folder, 'faults.yaml');
    writeFileSync(
      file,
      `pods:
  - { name: pod-a, database: '${a!.url}' }
  - { name: pod-b, database: '${b!.url}' }
  - { name: pod-c, database: 'postgres://nobody:secret@127.0.0.1:1/none' }
`,
    );

    const [code, findings] = await findingsOf(['--config', file]);

    expect(code).toBe(2);
    expect(findings).toEqual([
      'error pod-c pod-c',
      'error pod-a vecs.shapeless',
      'error - vecs.docs',
      'warning pod-a vecs.large',
      ...(findings.includes('note pod-a vecs.large') ? ['note pod-a vecs.large'] : []),
    ]);
    const { stdout } = await runQuiver(['doctor', '--config', file]);
    expect(stdout).toMatch(/It has the dimension 2 on pod-a and 3 on pod-b/);
    expect(stdout).toMatch(/bad is invalid/);
    expect(stdout).toMatch(
      /^error +pod-c: Pod "pod-c" did not take .* \(ECONNREFUSED\)\. Its database is at 127\.0\.0\.1:1\/none\.\n +Start it, correct its URL, or let its role in\.$/m,
    );
    expect(stdout).not.toContain('secret');
  });

  onReal(
    'many rows without an index, a role without rights and a placement that is torn',
    async () => {
      const [a, b] = databases;
      const role = await b!.createRole();
      await a!.run(
        `create table vecs.large (id varchar collate "C" primary key, vec vector(2), metadata jsonb)`,
        `insert into vecs.large select n, array[n, 1]::vector, '{}' from generate_series(1, 12000) n`,
        'analyze vecs.large',
      );
      await b!.run(docs('vector(2)'), `grant usage on schema vecs to ${role.name}`);
      const args = ['--database', a!.url, '--database', role.url];

      expect(await findingsOf(args)).toEqual([
        2,
        ['error pod-b vecs.docs', 'warning pod-a vecs.large', 'note pod-b rights'],
      ]);

      const create = ['collection', 'create', 'torn', '--dimension', '2'];
      await b!.run('drop table vecs.docs');
      expect((await runQuiver([...create, ...all()])).code).toBe(0);
      await b!.run('drop table vecs.torn');
      const [code, findings] = await findingsOf(all());
      expect(code).toBe(2);
      expect(findings).toContain('error pod-b vecs.torn');
    },
  );

  onReal('a role that may not use the schema of pgvector is told before it searches', async () => {
    const database = databases[0]!;
    const role = await database.createRole();
    await database.run(
      docs('vector(2)'),
      `grant usage on schema vecs to ${role.name}`,
      `grant select on vecs.docs to ${role.name}`,
      'create schema "Odd Schema"',
      'alter extension vector set schema "Odd Schema"',
    );
    const args = ['--database', role.url];

    const { code, stdout } = await runQuiver(['doctor', ...args]);
    expect(code).toBe(2);
    const advice = /grant usage on schema "Odd Schema" to \S+/.exec(stdout);
    await database.run(advice![0]);
    expect((await runQuiver(['doctor', ...args])).code).toBe(0);
    const search = ['search', '--collection', 'docs', '--vector', '[1,0]'];
    expect((await runQuiver([...search, ...args])).code).toBe(0);
  });

  onReal('a database that is another pod is a fault of that pod alone', async () => {
    await runQuiver(['doctor', ...all()]);

    const swapped = await runQuiver([
      'doctor',
      ...all()
        .toReversed()
        .filter((x) => x !== '--database')
        .flatMap((url) => ['--database', url]),
      '--json',
    ]);

    expect(swapped.code).toBe(2);
    const { pods, findings } = JSON.parse(swapped.stdout) as Answer;
    expect(pods.map(({ facts }) => facts)).toEqual([null, null]);
    expect(findings[0]?.problem).toMatch(
      /^This database is pod "pod-b"; it cannot serve as pod "pod-a"/,
    );
    expect(findings.map(({ advice }) => advice)).toEqual([null, null]);
  });
});

test('a running gateway is asked about its pods', async () => {
  const gateway = await openGatewayServer();

  const { stdout } = await runQuiver(['doctor', '--url', `${gateway.url}/subgraph`, '--json']);

  const { pods } = JSON.parse(stdout) as Answer;
  expect(pods).toMatchObject(
    ['pod-a', 'pod-b', 'pod-c'].map((pod) => ({
      pod,
      error: null,
      facts: {
        clockAt: expect.any(Number) as number,
        settings: { maintenance_work_mem: expect.any(String) as string },
      },
    })),
  );
  await gateway.close();
});

test('a gateway that does not answer, or a configuration that is not there, exits with 2', async () => {
  const silent = await runQuiver(['doctor', '--url', 'http://127.0.0.1:1/subgraph']);
  const lost = await runQuiver(['doctor', '--config', join(folder, 'none.yaml')]);

  expect(silent).toMatchObject({ code: 2, stdout: '' });
  expect(silent.stderr).toContain(
    'http://127.0.0.1:1/subgraph must be the subgraph of a running gateway or pod; it says nothing.',
  );
  expect(lost).toMatchObject({ code: 2, stdout: '' });
  expect(lost.stderr).toMatch(/none\.yaml must be readable/);
});

test('--help says what the exit codes mean', async () => {
  const { stdout } = await runQuiver(['doctor', '--help']);

  expect(stdout).toMatch(/0 +nothing is wrong.*\n +1 +there are warnings\n +2 +there are errors/);
});
