import { on } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { openCommandSubject, type CommandSubject } from '../support/command-subject.ts';
import { onReal, testDatabases } from '../support/databases.ts';
import { startQuiver } from '../support/run-quiver.ts';

let subject: CommandSubject;
beforeAll(async () => {
  subject = await openCommandSubject();
});
afterAll(() => subject.close());

/** A writer whose transaction holds up every build on one shard until it ends. */
async function holdUp(collection: string): Promise<Client> {
  const client = await connect();
  await client.query('begin');
  await client.query(`lock table "${subject.bucket}"."${collection}" in row exclusive mode`);
  return client;
}

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: testDatabases()[0]!.url });
  await client.connect();
  return client;
}

onReal('without waiting, the command ends when the build has begun on every shard', async () => {
  await subject.byUrl(['collection', 'create', 'begun', '--dimension', '3']);
  const writer = await holdUp('begun');

  const begun = await subject.byUrl(['collection', 'index', 'begun', '--no-wait', '--json']);
  await writer.query('rollback');
  await writer.end();

  expect(begun.code).toBe(0);
  expect(begun.stderr).toContain('pod-a: BUILDING 0 %\n');
  expect(JSON.parse(begun.stdout)).toMatchObject({
    index: { state: 'BUILDING', shards: [{ pod: 'pod-a', state: 'BUILDING' }, {}, {}] },
  });
  const built = await subject.byUrl(['collection', 'index', 'begun']);
  expect(built.stdout).toBe('HNSW index of COSINE: pod-a READY, pod-b READY, pod-c READY.\n');
});

onReal('Ctrl-C ends the command and not the builds', async () => {
  await subject.byUrl(['collection', 'create', 'left', '--dimension', '3']);
  const writer = await holdUp('left');
  const where = ['--bucket', subject.bucket, '--url', subject.url];

  const { child, ended } = startQuiver(['collection', 'index', 'left', ...where]);
  for await (const said of on(child.stderr!, 'data')) if (String(said).includes('BUILDING')) break;
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  await writer.query('rollback');
  await writer.end();

  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toMatch(/\nThe builds go on; quiver collection show left tells how far\.\n$/);
  const built = await subject.byUrl(['collection', 'index', 'left']);
  expect(built.stdout).toBe('HNSW index of COSINE: pod-a READY, pod-b READY, pod-c READY.\n');
});

onReal('an index that one shard has lost is said to be missing there', async () => {
  await subject.byUrl(['collection', 'create', 'lost', '--dimension', '3']);
  await subject.byUrl(['collection', 'index', 'lost']);
  const client = await connect();
  const { rows } = await client.query<{ name: string }>(
    `select indexname as name from pg_indexes
     where schemaname = $1 and tablename = 'lost' and indexdef like '% hnsw %'`,
    [subject.bucket],
  );
  await client.query(`drop index "${subject.bucket}"."${rows[0]!.name}"`);
  await client.end();

  const listed = await subject.byUrl(['collections', '--prefix', 'lost']);
  expect(listed.stdout).toMatch(/lost .* HNSW COSINE missing on pod-a\n/);
});

onReal(
  'a build that fails ends with its reason; the same command replaces what it left',
  async () => {
    await subject.byUrl(['collection', 'create', 'broken', '--dimension', '3']);
    const writer = await holdUp('broken');

    const building = subject.byUrl(['collection', 'index', 'broken']);
    await terminateBuild('broken');
    const failed = await building;
    await writer.query('rollback');
    await writer.end();

    expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/"pod-a".*\(POD_UNAVAILABLE\)\n$/);
    const shown = await subject.byUrl(['collection', 'show', 'broken']);
    expect(shown.stdout).toMatch(/pod-a +INVALID/);

    const again = await subject.byUrl(['collection', 'index', 'broken']);
    expect(again.stdout).toBe('HNSW index of COSINE: pod-a READY, pod-b READY, pod-c READY.\n');
  },
);

/** Ends the connection that builds, once others see the index: before that it would leave nothing. */
async function terminateBuild(collection: string): Promise<void> {
  const client = await connect();
  const text = `
    select pg_terminate_backend(pid) from pg_stat_activity
    where query like '%create index%' || $1 || '%' and pid <> pg_backend_pid()
      and exists (select from pg_index where indrelid = to_regclass($1) and not indisvalid)`;
  for (let count: number | null = 0; !count; await sleep(20)) {
    ({ rowCount: count } = await client.query(text, [`"${subject.bucket}"."${collection}"`]));
  }
  await client.end();
}
